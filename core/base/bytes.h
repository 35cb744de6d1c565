// Bytes: the one way core passes text and binary data around without owning it.
//
// A Bytes never owns what it points at; whoever hands one out says how long it stays valid.
// Knows nothing of Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kevy {

using Bytes = std::string_view;

/// The words of one command, the verb first. Valid for as long as the call they are passed to.
using Args = std::span<const Bytes>;

constexpr char ascii_lower(char c) noexcept {
  return (c >= 'A' && c <= 'Z') ? static_cast<char>(c | 0x20) : c;
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
