// MurmurHash64A, after its published definition: no secret, the same everywhere and for ever, since
// what it is used for is stored. Not for tables whose keys come from clients.
#pragma once

#include "base/bytes.h"

namespace kevy {

inline uint64_t murmur_hash_64a(Bytes bytes, uint64_t seed) noexcept {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr unsigned kShift = 47;
  uint64_t hash = seed ^ (bytes.size() * kFactor);
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t word = load_word(bytes.data()) * kFactor;
    word ^= word >> kShift;
    hash = (hash ^ (word * kFactor)) * kFactor;
  }
  if (!bytes.empty()) hash = (hash ^ load_short(bytes.data(), bytes.size())) * kFactor;
  hash = (hash ^ (hash >> kShift)) * kFactor;
  return hash ^ (hash >> kShift);
}

}  // namespace kevy
