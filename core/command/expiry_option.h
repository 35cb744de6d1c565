// What commands can be told about the time to live of a key or of fields.
#pragma once

#include "command/arguments.h"

namespace kevy {

struct ExpiryOption {
  bool keep = false;     // KEEPTTL
  bool persist = false;  // PERSIST
  Bytes name;            // of the unit, in lower case; empty: no time was given
  TimeUnit unit{};
  Bytes text;

  bool given() const noexcept { return !name.empty(); }
};

/// Reads EX, PX, EXAT or PXAT with its time if that is next. Of the same one several times the last
/// counts; beside another, or KEEPTTL or PERSIST, it is not read.
bool read_expiry_option(Options& options, ExpiryOption& expiry);

/// The same, and KEEPTTL.
bool read_expiry_or_keep(Options& options, ExpiryOption& expiry);

/// The same, and PERSIST.
bool read_expiry_or_persist(Options& options, ExpiryOption& expiry);

/// The moment an option's text means, in milliseconds; answers the error when it means none.
std::optional<int64_t> read_moment(Call& call, Bytes text, TimeUnit unit);

/// The moment that `expiry` means for a key that is written anew, Keyspace::kNoExpiry or
/// kKeepExpiry; answers the error of a wrong one.
std::optional<int64_t> expiry_of_new(Call& call, const ExpiryOption& expiry);

}  // namespace kevy
