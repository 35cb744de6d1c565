// The names of the types, as TYPE answers and SCAN TYPE takes them.
#pragma once

#include <array>

#include "base/bytes.h"
#include "store/entry.h"

namespace kevy {

inline constexpr std::array<Bytes, 6> kTypeNames = {"string", "list", "set",
                                                    "zset",   "hash", "stream"};

constexpr Bytes type_name(Type type) noexcept { return kTypeNames[static_cast<size_t>(type)]; }

}  // namespace kevy
