// The hash of a key: XXH3 under a secret drawn at random once per process, so that a client
// cannot choose keys that collide. Hashes therefore differ from process to process and are
// never written to disk or sent over a wire.
#pragma once

#include <cstdint>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"

namespace kevy {

struct HashSecret {
  static constexpr size_t kSize = 192;
  alignas(64) unsigned char bytes[kSize];

  /// The process's secret; drawn on the first call, constant afterwards. Any thread.
  static const HashSecret& process();
};

inline uint64_t hash_bytes(Bytes bytes, const HashSecret& secret) noexcept {
  return XXH3_64bits_withSecret(bytes.data(), bytes.size(), secret.bytes, HashSecret::kSize);
}

}  // namespace kevy
