// Random: xoshiro256** (Blackman and Vigna, 2018), seeded from the kernel. Fast, not for secrets.
// One thread at a time.
#pragma once

#include <sys/random.h>

#include <cstdint>

namespace kevy {

class Random {
 public:
  using result_type = uint64_t;

  Random() noexcept {
    if (getrandom(state_, sizeof state_, 0) != sizeof state_) seed(reinterpret_cast<uintptr_t>(this));
  }
  explicit Random(uint64_t from) noexcept { seed(from); }

  uint64_t operator()() noexcept {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  /// A number from 0 up to `bound` - 1, each with the same chance. `bound` must not be 0.
  uint64_t below(uint64_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>((*this)()) * bound;
    if (static_cast<uint64_t>(product) < bound) [[unlikely]] {
      const uint64_t threshold = (0 - bound) % bound;  // below `bound`, and a division
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<Wide>((*this)()) * bound;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }

  struct Two {
    uint64_t first, second;
  };
  /// The same with two bounds, whose product must be below 2^64: every two numbers have the same
  /// chance. Takes little longer than one.
  Two below(uint64_t first_bound, uint64_t second_bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    const uint64_t pairs = first_bound * second_bound;
    for (;;) {
      const Wide first = static_cast<Wide>((*this)()) * first_bound;
      const Wide second = static_cast<Wide>(static_cast<uint64_t>(first)) * second_bound;
      const auto rest = static_cast<uint64_t>(second);
      if (rest >= pairs || rest >= (0 - pairs) % pairs) [[likely]] {
        return {static_cast<uint64_t>(first >> 64), static_cast<uint64_t>(second >> 64)};
      }
    }
  }

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return UINT64_MAX; }

 private:
  static uint64_t rotate(uint64_t x, int bits) noexcept { return x << bits | x >> (64 - bits); }
  void seed(uint64_t from) noexcept {
    for (uint64_t& word : state_) {  // splitmix64
      from += 0x9e3779b97f4a7c15;
      uint64_t z = from;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  uint64_t state_[4];
};

/// One generator a thread, for picks that need not be reproducible.
Random& thread_random();

}  // namespace kevy
