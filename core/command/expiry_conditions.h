// NX, XX, GT and LT: the conditions under which EXPIRE and its like set a time to live.
#pragma once

#include <string>

#include "command/arguments.h"

namespace kevy {

struct ExpiryConditions {
  bool none = false;     // NX
  bool some = false;     // XX
  bool greater = false;  // GT
  bool less = false;     // LT

  /// Whether what expires at `now_at_ms`, or never where that is less than zero, may be given the
  /// moment `at_ms`.
  bool hold(int64_t now_at_ms, int64_t at_ms) const {
    const bool has = now_at_ms >= 0;
    if ((none && has) || (some && !has)) return false;
    if (greater && (!has || at_ms <= now_at_ms)) return false;
    return !less || !has || at_ms < now_at_ms;
  }
};

/// Reads the conditions in `words` from the fourth on; false, and the error is answered, when a
/// word is none or two exclude each other.
inline bool read_expiry_conditions(Call& call, Args words, ExpiryConditions& conditions) {
  for (Options options(words, 3); !options.done();) {
    if (options.next_is("nx")) {
      conditions.none = true;
    } else if (options.next_is("xx")) {
      conditions.some = true;
    } else if (options.next_is("gt")) {
      conditions.greater = true;
    } else if (options.next_is("lt")) {
      conditions.less = true;
    } else {
      call.error("ERR Unsupported option " + std::string(options.peek()));
      return false;
    }
  }
  if (conditions.none && (conditions.some || conditions.greater || conditions.less)) {
    call.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions.greater && conditions.less) {
    call.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

}  // namespace kevy
