// Which scores a search looks at.
#pragma once

#include <vector>

#include "command/geo/shape.h"

namespace kevy::geo {

/// Ranges of scores that hold everything inside, in the order in which they are to be visited, and
/// no score twice.
std::vector<Scores> areas_of(const Shape& shape, const Bounds& bounds);

}  // namespace kevy::geo
