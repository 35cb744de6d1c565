// The keys of the comparisons: 100,000 of 16 bytes, drawn uniformly before the clock runs, each
// thread with a sequence of its own.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr size_t kKeySize = 16;
inline constexpr uint32_t kKeys = 100'000;
inline constexpr std::string_view kValue = "a value of 16 b.";
static_assert(kValue.size() == 16);

using KeyText = std::array<char, kKeySize>;

inline KeyText key_text(uint64_t number) {
  KeyText key{'k', 'e', 'y', ':'};
  for (size_t i = key.size(); i-- > 4; number /= 10) {
    key[i] = static_cast<char>('0' + number % 10);
  }
  return key;
}

class Draws {
 public:
  Draws(unsigned threads, size_t count) {
    for (unsigned thread = 0; thread < threads; ++thread) {
      std::mt19937 generator(thread + 1);
      std::uniform_int_distribution<uint32_t> number(0, kKeys - 1);
      std::vector<KeyText>& keys = drawn_.emplace_back();
      keys.reserve(count);
      for (size_t i = 0; i < count; ++i) keys.push_back(key_text(number(generator)));
    }
  }
  const std::vector<KeyText>& of(unsigned thread) const { return drawn_[thread]; }

 private:
  std::vector<std::vector<KeyText>> drawn_;
};

}  // namespace bench
