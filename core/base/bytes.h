// Bytes: the one way core passes text and binary data around without owning it.
//
// A Bytes never owns what it points at; whoever hands one out says how long it stays valid.
// Knows nothing of Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace kevy {

using Bytes = std::string_view;

/// The words of one command, the verb first. Valid for as long as the call they are passed to.
using Args = std::span<const Bytes>;

constexpr char ascii_lower(char c) noexcept {
  return (c >= 'A' && c <= 'Z') ? static_cast<char>(c | 0x20) : c;
}

inline uint64_t load_word(const char* from) noexcept {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// At most eight bytes as a word, the rest of it zero.
inline uint64_t load_short(const char* from, size_t size) noexcept {
  if (size >= 8) return load_word(from);
  if (size >= 4) {
    uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    return first | static_cast<uint64_t>(last) << (8 * (size - 4));
  }
  uint64_t word = 0;
  for (size_t i = 0; i < size; ++i) {
    word |= static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  }
  return word;
}

/// Equality, without a call for what is as short as most keys are.
inline bool same_bytes(Bytes a, Bytes b) noexcept {
  const size_t size = a.size();
  if (size != b.size()) return false;
  if (size > 32) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size < 8) return load_short(a.data(), size) == load_short(b.data(), size);
  for (size_t i = 0; i + 8 < size; i += 8) {
    if (load_word(a.data() + i) != load_word(b.data() + i)) return false;
  }
  return load_word(a.data() + size - 8) == load_word(b.data() + size - 8);
}

/// Whether `byte` occurs in `bytes`.
inline bool contains(Bytes bytes, char byte) noexcept {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = kOnes << 7;
  const uint64_t wanted = kOnes * static_cast<unsigned char>(byte);
  const auto in_word = [&](uint64_t word) {
    const uint64_t zero_where_found = word ^ wanted;
    return ((zero_where_found - kOnes) & ~zero_where_found & kHighs) != 0;
  };
  const size_t size = bytes.size();
  if (size < 8) {
    for (const char c : bytes) {
      if (c == byte) return true;
    }
    return false;
  }
  for (size_t i = 0; i + 8 < size; i += 8) {
    if (in_word(load_word(bytes.data() + i))) return true;
  }
  return in_word(load_word(bytes.data() + size - 8));
}

/// Whether `a` equals `lower` when the ASCII case of `a` is ignored. `lower` must be lower case.
constexpr bool equals_ignoring_case(Bytes a, Bytes lower) noexcept {
  if (a.size() != lower.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace kevy
