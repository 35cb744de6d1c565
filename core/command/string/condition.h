// The conditions of SET and DELEX on what a key holds: IFEQ, IFNE, IFDEQ, IFDNE.
#pragma once

#include "command/arguments.h"
#include "command/string/value.h"

namespace kevy {

/// The digest of a string as DIGEST answers it: XXH3 in 16 hexadecimal digits.
std::string digest_of(Bytes value);

struct StringCondition {
  enum class Kind : uint8_t { kNone, kEqual, kDifferent, kDigestEqual, kDigestDifferent };

  Kind kind = Kind::kNone;
  Bytes wanted;

  bool given() const noexcept { return kind != Kind::kNone; }
  /// Whether a missing key, or a string, fulfils it; everything does where none is given.
  bool holds(const Entry* entry) const;
};

/// Reads a condition if one is next.
bool read_condition(Options& options, StringCondition& condition);

/// False, and the error is answered, when the condition asks for a digest and names none.
bool check_condition(Call& call, const StringCondition& condition);

}  // namespace kevy
