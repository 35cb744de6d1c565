// How many elements SRANDMEMBER, HRANDFIELD and ZRANDMEMBER are asked for.
#pragma once

#include <optional>

#include "command/arguments.h"

namespace kevy {

struct RandomCount {
  int64_t count;      // below zero: elements may come more than once
  bool with = false;  // the values or scores are wanted too
};

/// Reads the count in argument 2 and, where there is such an option, `with` behind it. Answers the
/// error and gives nothing when it is none.
inline std::optional<RandomCount> random_count(Call& call, Bytes with = {}) {
  const auto count = negatable_argument(call, call.args[2]);
  if (!count) return std::nullopt;
  if (call.argc() == 3) return RandomCount{*count};
  if (call.argc() > 4 || !equals_ignoring_case(call.args[3], with)) {
    call.error(errors::kSyntax);
    return std::nullopt;
  }
  if (*count < -(INT64_MAX / 2) || *count > INT64_MAX / 2) {
    call.error("ERR value is out of range");
    return std::nullopt;
  }
  return RandomCount{*count, true};
}

/// Whether a reply can have so many elements, which may come more than once. The client alone
/// chooses their number, so one that no memory would hold is refused, and the error answered.
inline bool check_repeated(Call& call, int64_t count) {
  constexpr int64_t kRepeatedMax = int64_t{1} << 24;
  if (count >= -kRepeatedMax) return true;
  call.error("ERR value is out of range");
  return false;
}

}  // namespace kevy
