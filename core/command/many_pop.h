// The arguments that LMPOP and ZMPOP share with BLMPOP and BZMPOP.
#pragma once

#include <optional>

#include "command/arguments.h"

namespace kevy {

/// numkeys key [key ...] <FIRST|SECOND> [COUNT count]
struct ManyPop {
  Args keys;
  bool at_second = false;
  int64_t count = 1;
};

/// The names of the two ends, in lower case.
struct EndNames {
  Bytes first, second;
};

/// From the number of keys, which is argument `counted_at`, on; answers the error.
std::optional<ManyPop> read_many_pop(Call& call, size_t counted_at, const EndNames& ends);

}  // namespace kevy
