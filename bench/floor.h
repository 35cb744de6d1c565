// What kevy is measured against.
//
// Floor: the least that a store with the manners of a server could be: abseil's flat_hash_map of
// strings, split over 16 spin locks, that takes the words of a command and gives the bytes of a
// RESP reply. It has no types, no time to live, no log, no sessions.
//
// PlainMap: what a user would write: one std::mutex around std::unordered_map.
//
// Any thread may call any method.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace bench {

class SpinLock {
 public:
  void lock() noexcept {
    while (taken_.exchange(true, std::memory_order_acquire)) {
      while (taken_.load(std::memory_order_relaxed)) __builtin_ia32_pause();
    }
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

class Floor {
 public:
  /// Runs GET, SET or INCR, the verb in any case, and appends the reply in RESP2 to `reply`.
  void exec(size_t argc, const char* const* argv, const size_t* sizes, std::string& reply);

  /// Copies the value to `buffer`, of `capacity` bytes; false when there is none or it is longer.
  bool get(absl::string_view key, char* buffer, size_t capacity, size_t* size);
  void set(absl::string_view key, std::string_view value);

 private:
  static constexpr size_t kShards = 16;
  struct alignas(128) Shard {
    SpinLock lock;
    absl::flat_hash_map<std::string, std::string> map;
  };
  Shard& shard_of(absl::string_view key) noexcept;

  std::array<Shard, kShards> shards_;
};

class PlainMap {
 public:
  bool get(std::string_view key, char* buffer, size_t capacity, size_t* size);
  void set(std::string_view key, std::string_view value);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::string> map_;
};

}  // namespace bench
