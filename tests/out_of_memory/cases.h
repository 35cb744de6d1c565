// What each verb is made to do while memory runs out.
#pragma once

#include <span>

namespace kevy::test {

/// Commands between semicolons, in the words of engine.h, on the keys of engine_with_keys. The last
/// one is the one that fails.
std::span<const char* const> command_cases();

}  // namespace kevy::test
