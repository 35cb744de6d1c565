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
#include "runtime/shard/access.h"

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

/// appendfsync.
enum class Fsync : uint8_t { kNo, kEverySecond, kAlways };

struct Settings {
  std::atomic<uint32_t> notify_events{0};  // EventClass bits
  std::atomic<bool> password_set{false};
  std::atomic<bool> lfu_policy{false};
  std::atomic<uint32_t> lfu_log_factor{10}, lfu_decay_minutes{1};
  LfuPace lfu_pace() const noexcept {
    return {lfu_log_factor.load(std::memory_order_relaxed),
            lfu_decay_minutes.load(std::memory_order_relaxed)};
  }
  std::atomic<bool> active_expiry{true};  // keys expire also when nobody asks for them
  std::atomic<int64_t> proto_max_bulk_len{512LL << 20};
  std::atomic<uint32_t> clients_max{10000};
  std::atomic<int64_t> timeout_s{0};
  std::atomic<int64_t> tcp_keepalive_s{300};
  std::atomic<int64_t> query_buffer_max{1LL << 30};
  /// What all clients together may hold, in bytes; 0: no limit; below zero: percent of maxmemory.
  std::atomic<int64_t> clients_memory_max{0};
  std::atomic<int> protocol_default{2};
  /// After how many milliseconds of a script others are answered BUSY; 0: never.
  std::atomic<int64_t> busy_reply_threshold_ms{5000};
  /// What the interpreter of scripts may take, in bytes; 0: no limit.
  std::atomic<int64_t> lua_memory_max{0};

  /// From where on commands are logged as slow or large, below zero: never; and how many of each.
  std::atomic<int64_t> slow_log_us{10'000}, slow_log_len{128};
  std::atomic<int64_t> large_request_bytes{1 << 20}, large_request_len{128};
  std::atomic<int64_t> large_reply_bytes{1 << 20}, large_reply_len{128};
  /// From how many milliseconds on LATENCY notes a command; 0: none.
  std::atomic<int64_t> latency_threshold_ms{0};
  std::atomic<bool> latency_tracking{false};  // the durations of all commands, by command

  PackedLimit hash_packed{512, 64}, set_packed{128, 64}, zset_packed{128, 64};
  std::atomic<int64_t> set_intset_entries{512};
  /// Elements of a list in one chunk, or below zero: -1 to -5 for 4, 8, 16, 32, 64 KB.
  std::atomic<int64_t> list_packed_size{-2};
  /// Chunks at each end of a list that are never compressed; 0: as many as is usual.
  std::atomic<int64_t> list_compress_depth{0};

  /// How many keys are remembered for those who track what they read; 0: any number.
  std::atomic<int64_t> tracked_keys_max{1'000'000};

  /// Up to how many bytes a HyperLogLog is kept sparse.
  std::atomic<int64_t> hll_sparse_max_bytes{3000};
  /// Up to where the chunks of a stream are filled; 0: no limit.
  std::atomic<int64_t> stream_chunk_bytes{4096}, stream_chunk_entries{100};

  /// For how many seconds, and how many of a producer, a stream remembers messages that may be sent
  /// again: what it begins with.
  std::atomic<int64_t> sent_message_seconds{100}, sent_messages_max{100};

  /// Whether strings in RDB files and DUMP payloads are compressed.
  std::atomic<bool> rdb_compression{true};
  /// Whether RDB files get a checksum.
  std::atomic<bool> rdb_checksum{true};

  /// Whether there are `save` rules, and whether writes are refused after a snapshot that they
  /// asked for has failed.
  std::atomic<bool> save_rules{false};
  std::atomic<bool> stop_writes_on_save_error{true};

  /// When what was written to the append-only file is synced.
  std::atomic<Fsync> append_fsync{Fsync::kEverySecond};
  std::atomic<bool> append_load_truncated{true}, append_timestamps{false};
  /// Whether its groups of commands get checksums, and are compared with those they have.
  std::atomic<bool> append_checksums{true};
  std::atomic<bool> no_fsync_on_rewrite{false};
  /// By how much the file has to have grown since its base was made for a new one, and from what
  /// size.
  std::atomic<int64_t> append_rewrite_percent{100}, append_rewrite_min{64LL << 20};

  std::array<OutputLimit, 3> output_limits{
      {{0, 0, 0}, {256ULL << 20, 64ULL << 20, 60}, {32ULL << 20, 8ULL << 20, 60}}};
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
