// The hash tag: which part of a key decides on which shard it lies, as in Redis Cluster: what stands
// between the first '{' and the first '}' after it, unless that is empty; else the whole key.
#pragma once

#include "base/bytes.h"

namespace kevy {

/// To be asked for keys with a '{' in them; the others are their own tag.
[[gnu::noinline]] inline Bytes hash_tag(Bytes key) noexcept {
  const size_t open = key.find('{');
  if (open == Bytes::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == Bytes::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace kevy
