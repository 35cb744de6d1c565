// What commands that wait have in common: their timeout, and the wait for a key of one type.
#pragma once

#include <optional>

#include "runtime/dispatch/call.h"

namespace kevy {

/// When a timeout of seconds, with a fraction, is over on the instance's clock; kNoDeadline for 0.
/// Answers the error.
std::optional<int64_t> deadline_argument(Call& call, Bytes seconds);
/// The same of whole milliseconds.
std::optional<int64_t> deadline_argument_ms(Call& call, Bytes milliseconds);

/// Waits until one of the keys holds a value of the type. False where the command may not wait.
inline bool wait_for(Call& call, Args keys, Type type, int64_t deadline_us) {
  return call.suspend({.keys = keys, .wanted = wanted(type), .deadline_us = deadline_us});
}

}  // namespace kevy
