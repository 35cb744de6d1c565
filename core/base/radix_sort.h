// Radix sort by keys of 64 bits, byte by byte from the lowest. It compares nothing, so there are no
// branches for the processor to predict wrongly. Bytes that are the same in all keys cost next to
// nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kevy {

/// Brings `items` into ascending order of key_of(item), a uint64_t; those with equal keys keep
/// their order. Needs as much memory again.
template <typename Item, typename KeyOf>
void radix_sort(std::vector<Item>& items, KeyOf&& key_of) {
  constexpr unsigned kBytes = 8, kValues = 256;
  std::array<std::array<size_t, kValues>, kBytes> counts{};
  const auto byte_of = [&](const Item& item, unsigned byte) {
    return static_cast<uint8_t>(key_of(item) >> (8 * byte));
  };
  for (const Item& item : items) {
    for (unsigned byte = 0; byte < kBytes; ++byte) ++counts[byte][byte_of(item, byte)];
  }
  std::vector<Item> sorted(items.size());
  for (unsigned byte = 0; byte < kBytes && !items.empty(); ++byte) {
    auto& places = counts[byte];
    if (places[byte_of(items.front(), byte)] == items.size()) continue;
    size_t before = 0;
    for (size_t& place : places) before += std::exchange(place, before);
    for (const Item& item : items) sorted[places[byte_of(item, byte)]++] = item;
    items.swap(sorted);
  }
}

/// A number as a key whose order is that of the numbers. Not NaN; -0 and 0 are the same.
inline uint64_t radix_key(double number) noexcept {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const auto bits = std::bit_cast<uint64_t>(number + 0.0);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

}  // namespace kevy
