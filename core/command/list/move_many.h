// What LMOVEM and BLMOVEM share.
#pragma once

#include <optional>

#include "command/list/arguments.h"

namespace kevy {

/// Elements that are taken from an end of one list, args[1], to an end of another, args[2].
struct ManyMove {
  End from, to;
  int64_t count = 1;
  bool exactly = false;     // all or none
  bool one_by_one = false;  // each element behind the one before, else all as they stand
};

/// From the ends, args[3] and args[4], and the options from `options_at` on; answers the error.
std::optional<ManyMove> read_many_move(Call& call, size_t options_at);

/// Moves and answers them, or answers an error. False when there are none, or not as many as there
/// are to be, and nothing was answered.
bool move_many(Call& call, const ManyMove& move);

}  // namespace kevy
