// What the targets that run whole commands share: an engine that is small, stands still in time,
// and is new for every input; and the commands that they leave out.
#pragma once

#include "fuzz.h"

namespace kevy::fuzz {

/// 2023-11-14T22:13:20Z: time moves only by the commands' own will.
inline constexpr int64_t kFrozenMs = 1'700'000'000'000;

/// The smallest limit on a value that the directive takes, so that one SETRANGE is no gigabyte.
inline constexpr char kBulkMaxText[] = "1048576";

/// Commands whose whole purpose is to take long, or to lift the limit above.
inline bool left_out(Args args) {
  if (args.size() < 2) return false;
  return (equals_ignoring_case(args[0], "debug") && equals_ignoring_case(args[1], "sleep")) ||
         (equals_ignoring_case(args[0], "config") && equals_ignoring_case(args[1], "set"));
}

}  // namespace kevy::fuzz
