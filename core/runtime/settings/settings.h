// Settings: the part of the configuration that hot paths read, as atomics that CONFIG SET may
// change at any time. Names, texts and rules of the directives are in instance/directives.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/lock.h"

namespace kevy {

class Configuration;

/// The kinds of clients that client-output-buffer-limit tells apart, in the order it names them.
enum class OutputClass : uint8_t { kNormal, kReplica, kPubSub };

/// What may wait for a client before it is closed: more than `hard` bytes never, more than `soft`
/// bytes not for longer than `soft_s` seconds. 0: no limit.
struct OutputLimit {
  std::atomic<uint64_t> hard{0}, soft{0};
  std::atomic<int64_t> soft_s{0};
};

/// Up to which size collections are kept packed: elements (of a hash: fields), and bytes of the
/// longest value.
struct PackedLimit {
  std::atomic<int64_t> entries, value;
};

struct Settings {
  std::atomic<uint32_t> notify_events{0};     // EventClass bits
  std::atomic<bool> password_set{false};
  std::atomic<bool> lfu_policy{false};
  std::atomic<bool> active_expiry{true};  // keys expire also when nobody asks for them
  std::atomic<int64_t> proto_max_bulk_len{512LL << 20};
  std::atomic<uint32_t> clients_max{10000};
  std::atomic<int64_t> timeout_s{0};
  std::atomic<int64_t> tcp_keepalive_s{300};
  std::atomic<int64_t> query_buffer_max{1LL << 30};
  /// What all clients together may hold, in bytes; 0: no limit; below zero: percent of maxmemory.
  std::atomic<int64_t> clients_memory_max{0};
  std::atomic<int> protocol_default{2};

  PackedLimit hash_packed{512, 64}, set_packed{128, 64}, zset_packed{128, 64};
  std::atomic<int64_t> set_intset_entries{512};
  /// Elements of a list in one chunk, or below zero: -1 to -5 for 4, 8, 16, 32, 64 KB.
  std::atomic<int64_t> list_packed_size{-2};
  /// Chunks at each end of a list that are never compressed; 0: as many as is usual.
  std::atomic<int64_t> list_compress_depth{0};

  std::array<OutputLimit, 3> output_limits{{{0, 0, 0},
                                            {256ULL << 20, 64ULL << 20, 60},
                                            {32ULL << 20, 8ULL << 20, 60}}};
  OutputLimit& output_limit(OutputClass kind) noexcept {
    return output_limits[static_cast<size_t>(kind)];
  }

  /// The longest word a command may have, and the longest string there may be: as
  /// proto-max-bulk-len says, but never more than the store can count in 32 bits together with what
  /// lies beside it.
  uint64_t word_max() const noexcept {
    constexpr uint64_t kCountable = (uint64_t{1} << 32) - 1024;
    const int64_t allowed = proto_max_bulk_len.load(std::memory_order_relaxed);
    return std::min(static_cast<uint64_t>(allowed), kCountable);
  }

  /// The whole configuration, for AUTH, CONFIG and INFO.
  Configuration* configuration = nullptr;
};

}  // namespace kevy
