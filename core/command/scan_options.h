// What SCAN, HSCAN, SSCAN and ZSCAN are told: where to go on, how far, and what is wanted.
#pragma once

#include <algorithm>
#include <optional>

#include "base/glob.h"
#include "command/arguments.h"

namespace kevy {

struct ScanOptions {
  uint64_t cursor = 0;
  size_t count = 10;
  std::optional<Bytes> pattern = {};

  bool wants(Bytes name) const { return !pattern || glob_match(*pattern, name); }
};

/// A cursor as Valkey reads one, up to a zero byte: an integer of 64 bits that is not negative, or
/// whatever else strtoull takes: behind spaces, with a sign, and what is below zero from above.
inline std::optional<uint64_t> scan_cursor(Bytes text) {
  text = before_nul(text);
  if (const auto number = parse_int64(text); number && *number < 0) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\v\f\r"), text.size()));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = parse_uint64(text);
  if (!number) return std::nullopt;
  return negative ? 0 - *number : *number;
}

/// Reads MATCH or COUNT, whichever is next; answers the error when it is neither or wrong.
inline bool read_scan_option(Call& call, Options& options, ScanOptions& scan) {
  if (options.next_is("match", 1)) {
    scan.pattern = options.value();
    return true;
  }
  if (!options.next_is("count", 1)) {
    call.error(errors::kSyntax);
    return false;
  }
  const auto count = integer_argument(call, options.value());
  if (!count) return false;
  if (*count < 1) {
    call.error(errors::kSyntax);
    return false;
  }
  scan.count = static_cast<size_t>(*count);
  return true;
}

}  // namespace kevy
