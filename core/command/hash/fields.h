// FIELDS numfields field [field ...]: how commands on hashes whose fields may have times to live are
// given fields.
#pragma once

#include <optional>
#include <vector>

#include "command/arguments.h"
#include "command/hash/value.h"

namespace kevy {

inline constexpr Bytes kFieldCount =
    "ERR numfields should be greater than 0 and match the provided number of fields";

/// Which argument, from `first` on, is the word FIELDS with another one behind it; nothing, and the
/// error is answered, when none is.
inline std::optional<size_t> find_fields(Call& call, size_t first) {
  for (size_t at = first; at + 1 < call.argc(); ++at) {
    if (equals_ignoring_case(call.args[at], "fields")) return at;
  }
  call.error(kFieldCount);
  return std::nullopt;
}

/// What stands behind FIELDS, which is argument `at`, and the number of fields, of `words` words
/// each. Nothing, and the error is answered, when the number is none or another.
inline std::optional<Args> read_fields(Call& call, size_t at, size_t words = 1,
                                       Bytes other_number = kFieldCount) {
  const auto count = integer_argument(call, call.args[at + 1]);
  if (!count) return std::nullopt;
  const Args fields = call.args.subspan(at + 2);
  if (*count < 1 || fields.size() % words != 0 ||
      fields.size() / words != static_cast<uint64_t>(*count)) {
    call.error(other_number);
    return std::nullopt;
  }
  return fields;
}

/// The same of a command that has FIELDS right behind its key.
inline std::optional<Args> read_only_fields(Call& call, Bytes other_number = kFieldCount) {
  if (!equals_ignoring_case(call.args[2], "fields")) {
    call.error(errors::kSyntax);
    return std::nullopt;
  }
  return read_fields(call, 2, 1, other_number);
}

/// The moment that a number in `unit`, which may be 0 but not less, means; answers the error when it
/// means none.
inline std::optional<int64_t> field_moment(Call& call, Bytes text, TimeUnit unit) {
  const auto number = integer_argument(call, text);
  if (!number) return std::nullopt;
  const auto at_ms = *number >= 0 ? moment_of(call, *number, unit) : std::nullopt;
  if (!at_ms) call.error(errors::invalid_expiry(call));
  return at_ms;
}

/// Logs a command on fields: its verb and key, more words, and FIELDS with those in `fields`, of
/// `words` words each.
void log_fields(Call& call, std::initializer_list<Bytes> verb, Args fields, size_t words = 1);

/// Reports that `fields`, if there are any, are to expire at `at_ms`.
void report_fields_expire(Call& call, const Key& key, int64_t at_ms, Args fields);
/// Reports that `fields`, if there are any, were removed, since their time has come ("hexpired") or
/// otherwise; the key goes with its last field.
void report_fields_removed(Call& call, const Key& key, const Hash& hash, Args fields, Bytes event);

/// A moment for some fields of a hash, or none at all (Keyspace::kNoExpiry). One that has come
/// removes them.
class NewExpiry {
 public:
  NewExpiry(Call& call, int64_t at_ms) : at_ms_(at_ms), due_(at_ms >= 0 && at_ms <= call.now_ms()) {}

  bool due() const noexcept { return due_; }
  int64_t at_ms() const noexcept { return at_ms_; }
  /// `field` is there.
  void apply(Hash& hash, Bytes field) const {
    if (due_) {
      hash.erase(field);
    } else {
      hash.set_expiry(field, at_ms_);
    }
  }

 private:
  int64_t at_ms_;
  bool due_;
};

}  // namespace kevy
