// What clients are told when they are wrong. One place, since handlers of all families share them.
#pragma once

#include <string>

#include "base/bytes.h"
#include "runtime/dispatch/call.h"
#include "runtime/dispatch/full_name.h"

namespace kevy::errors {

inline constexpr Bytes kSyntax = "ERR syntax error";
inline constexpr Bytes kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr Bytes kNotInteger = "ERR value is not an integer or out of range";
inline constexpr Bytes kNotInt32 =
    "ERR value is out of range, value must between -2147483648 and 2147483647";
inline constexpr Bytes kNotFloat = "ERR value is not a valid float";
inline constexpr Bytes kOverflow = "ERR increment or decrement would overflow";
inline constexpr Bytes kNotFinite = "ERR increment would produce NaN or Infinity";
inline constexpr Bytes kNoSuchKey = "ERR no such key";
inline constexpr Bytes kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr Bytes kDatabaseIndex = "ERR DB index is out of range";

[[gnu::cold]] inline std::string invalid_expiry(Call& call) {
  return "ERR invalid expire time in '" + full_name(call.runtime.table(), call.row) + "' command";
}

[[gnu::cold]] inline std::string wrong_arity(Call& call) {
  return "ERR wrong number of arguments for '" + full_name(call.runtime.table(), call.row) +
         "' command";
}

}  // namespace kevy::errors
