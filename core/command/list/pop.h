// What the commands that pop share with those that wait for it. Each pops and answers, or answers
// an error; or gives false when there is nothing to pop, and has answered nothing.
#pragma once

#include "command/list/arguments.h"
#include "command/many_pop.h"

namespace kevy {

/// LMPOP: elements of the first of several lists that is there.
inline constexpr EndNames kEndNames{"left", "right"};
bool pop_many(Call& call, const ManyPop& pop);

/// BLPOP: one element of the first of several lists that is there.
bool pop_one(Call& call, Args keys, End end);

/// LMOVE: one element from an end of the list args[1] to one of args[2].
bool move_one(Call& call, End from, End to);

}  // namespace kevy
