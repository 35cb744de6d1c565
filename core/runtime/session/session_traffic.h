// SessionTraffic: how much a connection has received, sent and run. Written by the thread that serves
// it, read by any.
#pragma once

#include <atomic>
#include <cstdint>

namespace kevy {

struct SessionTraffic {
  std::atomic<uint64_t> received{0};  // bytes
  std::atomic<uint64_t> sent{0};      // bytes
  std::atomic<uint64_t> commands{0};  // that have run, not those that were refused or queued

  static void add(std::atomic<uint64_t>& total, uint64_t more) noexcept {
    total.store(total.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
};

}  // namespace kevy
