#include "command/deadline.h"

#include <cmath>

#include "base/number.h"

namespace kevy {

namespace {

std::optional<int64_t> deadline_after(Call& call, int64_t timeout_ms) {
  if (timeout_ms < 0) {
    call.error("ERR timeout is negative");
    return std::nullopt;
  }
  if (timeout_ms == 0) return kNoDeadline;
  if (timeout_ms > INT64_MAX - call.now_ms()) {
    call.error("ERR timeout is out of range");
    return std::nullopt;
  }
  int64_t deadline_us;
  if (__builtin_mul_overflow(timeout_ms, int64_t{1000}, &deadline_us) ||
      __builtin_add_overflow(deadline_us, call.turn.moment().us(), &deadline_us)) {
    return kNoDeadline;  // some 290,000 years
  }
  return deadline_us;
}

}  // namespace

std::optional<int64_t> deadline_argument(Call& call, Bytes seconds) {
  // Most are whole, for which a tenth of the work does.
  const auto whole = parse_int64(seconds);
  if (whole && *whole < INT64_MAX / 1000) {
    return deadline_after(call, *whole < 0 ? -1 : *whole * 1000);
  }
  const auto timeout = parse_long_double(seconds);
  if (!timeout) {
    call.error("ERR timeout is not a float or out of range");
    return std::nullopt;
  }
  const long double milliseconds = std::ceil(*timeout * 1000);
  if (milliseconds >= 0x1p63L) {
    call.error("ERR timeout is out of range");
    return std::nullopt;
  }
  return deadline_after(call, milliseconds < 0 ? -1 : static_cast<int64_t>(milliseconds));
}

std::optional<int64_t> deadline_argument_ms(Call& call, Bytes milliseconds) {
  const auto timeout = parse_int64(milliseconds);
  if (!timeout) {
    call.error("ERR timeout is not an integer or out of range");
    return std::nullopt;
  }
  return deadline_after(call, *timeout);
}

}  // namespace kevy
