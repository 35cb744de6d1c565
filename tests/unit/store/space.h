// A keyspace with all it needs, for tests of what is kept in one.
#pragma once

#include "store/keyspace.h"

namespace kevy::test {

struct Space {
  const HashSecret& secret = HashSecret::process();
  Garbage garbage;
  SpanPool spans;
  Keyspace keys{secret, garbage, spans};

  Key key(Bytes bytes) const { return {bytes, hash_bytes(bytes, secret)}; }
};

}  // namespace kevy::test
