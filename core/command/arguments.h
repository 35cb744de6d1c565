// What handlers of all families do with their arguments: read numbers, moments and options, each
// answering Redis' error when it can not.
#pragma once

#include <optional>

#include "base/number.h"
#include "command/errors.h"
#include "runtime/dispatch/call.h"

namespace kevy {

/// The options of a command, read one after another from the left.
class Options {
 public:
  Options(Args args, size_t first) noexcept : args_(args), at_(first) {}

  bool done() const noexcept { return at_ >= args_.size(); }
  /// Whether the next word is this one, `lower` in lower case, with `values` words behind it; goes
  /// on behind the word.
  bool next_is(Bytes lower, size_t values = 0) noexcept {
    if (!equals_ignoring_case(args_[at_], lower) || at_ + values >= args_.size()) return false;
    ++at_;
    return true;
  }
  Bytes value() noexcept { return args_[at_++]; }
  Bytes peek() const noexcept { return args_[at_]; }
  /// Where the next word stands.
  size_t at() const noexcept { return at_; }

 private:
  Args args_;
  size_t at_;
};

/// The integer in `text`; answers `error` when it is none.
inline std::optional<int64_t> integer_argument(Call& call, Bytes text,
                                               Bytes error = errors::kNotInteger) {
  const auto number = parse_int64(text);
  if (!number) call.error(error);
  return number;
}

/// The same where the number's negative has to be one too, which the least has none.
inline std::optional<int64_t> negatable_argument(Call& call, Bytes text) {
  const auto number = integer_argument(call, text);
  if (number && *number == INT64_MIN) {
    call.error(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
    return std::nullopt;
  }
  return number;
}

/// A database's number; answers the error of an index out of range, or of no integer of 32 bits.
inline std::optional<int> database_argument(Call& call, Bytes text) {
  const auto number = integer_argument(call, text);
  if (!number) return std::nullopt;
  if (*number < INT32_MIN || *number > INT32_MAX) {
    call.error(errors::kNotInt32);
  } else if (*number < 0 || *number >= static_cast<int64_t>(call.runtime.database_count())) {
    call.error(errors::kDatabaseIndex);
  } else {
    return static_cast<int>(*number);
  }
  return std::nullopt;
}

/// How the time in an option counts.
struct TimeUnit {
  bool seconds;
  bool absolute;
};

/// The moment that `number` means in `unit`, in milliseconds; nothing when it is out of range.
/// Numbers of zero and less are for the caller to judge.
inline std::optional<int64_t> moment_of(Call& call, int64_t number, TimeUnit unit) {
  if (unit.seconds && __builtin_mul_overflow(number, int64_t{1000}, &number)) return std::nullopt;
  if (!unit.absolute && __builtin_add_overflow(number, call.now_ms(), &number)) {
    return std::nullopt;
  }
  return number;
}

/// The LIMIT of SINTERCARD and its like among the arguments from `first` on, SIZE_MAX where there is
/// none; answers the error of anything else. With `approximately` APPROX may stand there too.
inline std::optional<size_t> cardinality_limit(Call& call, size_t first,
                                               bool approximately = false) {
  int64_t limit = 0;
  for (Options options(call.args, first); !options.done();) {
    if (approximately && options.next_is("approx")) continue;
    if (!options.next_is("limit", 1)) {
      call.error(errors::kSyntax);
      return std::nullopt;
    }
    const auto number = parse_int64(options.value());
    if (!number || *number < 0) {
      call.error("ERR LIMIT can't be negative");
      return std::nullopt;
    }
    limit = *number;
  }
  return limit == 0 ? SIZE_MAX : static_cast<size_t>(limit);
}

/// False, and the error is answered, when `entry` is there and no string.
inline bool require_string(Call& call, const Entry* entry) {
  if (entry == nullptr || entry->is_string()) return true;
  call.error(errors::kWrongType);
  return false;
}

}  // namespace kevy
