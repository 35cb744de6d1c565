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

#include "base/processor.h"

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
  if (size == 0) return 0;
  const auto byte = [&](size_t i) {
    return static_cast<uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

/// Equality; bytes as short as most keys are compared without a call.
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

/// Copies bytes that do not overlap with `to`; those as short as most values without a call.
inline void copy_bytes(char* to, Bytes from) noexcept {
  const char* const data = from.data();
  const size_t size = from.size();
  if (size >= 8 && size <= 32) [[likely]] {
    uint64_t words[4];
    const size_t last = size - 8;
    // All is read before anything is written, so that the compiler keeps it in registers.
    words[0] = load_word(data);
    words[1] = load_word(data + (last < 8 ? last : 8));
    words[2] = load_word(data + (last < 16 ? last : 16));
    words[3] = load_word(data + last);
    std::memcpy(to, &words[0], 8);
    std::memcpy(to + (last < 8 ? last : 8), &words[1], 8);
    std::memcpy(to + (last < 16 ? last : 16), &words[2], 8);
    std::memcpy(to + last, &words[3], 8);
  } else if (size >= 4 && size < 8) {
    uint32_t first, last;
    std::memcpy(&first, data, 4);
    std::memcpy(&last, data + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else if (size >= 8) {
    std::memcpy(to, data, size);
  } else {
    for (size_t i = 0; i < size; ++i) to[i] = data[i];
  }
}

/// Whether `byte` occurs in `bytes`.
inline bool contains(Bytes bytes, char byte) noexcept {
  const char* const data = bytes.data();
  const size_t size = bytes.size();
  if (size >= 16) {
    for (size_t at = 0; at + 16 < size; at += 16) {
      if (matches16(data + at, byte) != 0) return true;
    }
    return matches16(data + size - 16, byte) != 0;
  }
  if (size >= 8) return either_has(load_word(data), load_word(data + size - 8), byte);
  if (size == 0) return false;
  return (matches(load_short(data, size), byte) & ((1u << size) - 1)) != 0;  // zeros are behind
}

/// A word up to its first zero byte: Redis hands some words, those in its errors among them, to C
/// functions, which see no more of them.
constexpr Bytes before_nul(Bytes word) noexcept { return word.substr(0, word.find('\0')); }

/// Whether `a` equals `lower` when the ASCII case of `a` is ignored. `lower` must be lower case.
constexpr bool equals_ignoring_case(Bytes a, Bytes lower) noexcept {
  if (a.size() != lower.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace kevy
