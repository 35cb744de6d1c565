// Settings: what the hot paths need of the configuration, as atomics that CONFIG SET may change at
// any time. The names, texts and rules of the directives are instance's matter.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/lock.h"

namespace kevy {

class Configuration;

struct Settings {
  std::atomic<uint32_t> notify_events{0};     // EventClass bits
  std::atomic<bool> password_set{false};
  std::atomic<bool> lfu_policy{false};
  std::atomic<int64_t> proto_max_bulk_len{512LL << 20};
  std::atomic<uint32_t> clients_max{10000};
  std::atomic<int64_t> timeout_s{0};
  std::atomic<int64_t> tcp_keepalive_s{300};
  std::atomic<uint64_t> output_limit_normal{0};
  std::atomic<uint64_t> output_limit_pubsub{32ULL << 20};
  std::atomic<int> protocol_default{2};

  /// For AUTH, CONFIG and INFO.
  Configuration* configuration = nullptr;
};

}  // namespace kevy
