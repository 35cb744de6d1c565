// LoadState: how far an instance has come with the files that it reads at its start, for INFO. Who
// loads notes it.
//
// Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/bytes.h"

namespace kevy {

/// What is answered meanwhile, as Valkey does.
inline constexpr Bytes kLoadingText = "LOADING Valkey is loading the dataset in memory";

class LoadState {
 public:
  struct Seen {
    int64_t begun_s = 0;
    uint64_t total_bytes = 0;
    uint64_t loaded_bytes = 0;  // no more than these
    uint64_t used_memory = 0;   // of who wrote the file, as that says
  };

  void begin(int64_t now_s) noexcept { begun_s_.store(now_s, std::memory_order_relaxed); }
  void note(uint64_t loaded, uint64_t total) noexcept {
    total_.store(total, std::memory_order_relaxed);
    loaded_.store(loaded, std::memory_order_relaxed);
  }
  void note_used_memory(uint64_t bytes) noexcept {
    used_memory_.store(bytes, std::memory_order_relaxed);
  }
  Seen seen() const noexcept {
    const uint64_t total = total_.load(std::memory_order_relaxed);
    return {begun_s_.load(std::memory_order_relaxed), total,
            std::min(total, loaded_.load(std::memory_order_relaxed)),
            used_memory_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<int64_t> begun_s_{0};
  std::atomic<uint64_t> total_{0}, loaded_{0}, used_memory_{0};
};

}  // namespace kevy
