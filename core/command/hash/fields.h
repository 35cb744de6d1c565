// FIELDS numfields field [field ...]: how commands on hashes whose fields may have times to live are
// given fields.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "command/arguments.h"
#include "command/hash/value.h"
#include "store/hash/hash_edit.h"

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

/// The effect of a command on fields: its verb and key, more words, and FIELDS with those in `fields`, of
/// `words` words each.
void log_fields(Call& call, std::initializer_list<Bytes> verb, Args fields, size_t words = 1);

/// The fields, each one once, that a command is going to change when it has answered for all.
class ChosenFields {
 public:
  void add(Bytes field) {
    if (names_.size() == kFew) index_.insert(names_.begin(), names_.end());
    if (names_.size() >= kFew) index_.insert(field);
    names_.push_back(field);
  }
  bool contains(Bytes field) const noexcept {
    if (names_.size() > kFew) return index_.contains(field);
    return std::find(names_.begin(), names_.end(), field) != names_.end();
  }
  bool empty() const noexcept { return names_.empty(); }
  Args names() const noexcept { return names_; }

 private:
  static constexpr size_t kFew = 16;  // are looked through

  std::vector<Bytes> names_;
  std::set<Bytes> index_;  // when they are more
};

inline bool has_come(Call& call, int64_t at_ms) { return at_ms >= 0 && at_ms <= call.now_ms(); }

/// Has `fields`, if there are any, expire at `at_ms`, and reports it.
void expire_fields_at(Call& call, const Key& key, Entry* entry, int64_t at_ms, Args fields);
/// Takes the times to live of `fields`, if there are any, away, and reports it.
void persist_fields(Call& call, const Key& key, Entry* entry, Args fields);
/// Removes `fields`, if there are any, since their time has come ("hexpired") or otherwise, and
/// reports it; the key goes with its last field.
void remove_fields(Call& call, const Key& key, Entry* entry, Args fields, Bytes event);

}  // namespace kevy
