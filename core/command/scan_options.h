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
  Bytes names_only_word = {};  // NOVALUES of HSCAN, NOSCORES of ZSCAN, in lower case; empty: neither
  bool names_only = false;

  bool wants(Bytes name) const { return !pattern || glob_match(*pattern, name); }
};

/// A cursor as Valkey reads one, up to a zero byte: whatever strtoull takes for 64 bits, so spaces
/// and a sign may stand before it, and a number below zero counts down from 2^64.
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

/// Whether NOVALUES or NOSCORES is next and may be here; answers the error of the wrong one.
inline bool read_names_only(Call& call, Options& options, ScanOptions& scan) {
  if (!scan.names_only_word.empty() && options.next_is(scan.names_only_word)) {
    scan.names_only = true;
    return true;
  }
  if (options.next_is("novalues")) {
    call.error("ERR NOVALUES option can only be used in HSCAN");
  } else if (options.next_is("noscores")) {
    call.error("ERR NOSCORES option can only be used in ZSCAN");
  } else {
    call.error(errors::kSyntax);
  }
  return false;
}

/// Reads MATCH, COUNT, or what asks for names alone, whichever is next; answers the error when it
/// is none of them or wrong.
inline bool read_scan_option(Call& call, Options& options, ScanOptions& scan) {
  if (options.next_is("match", 1)) {
    scan.pattern = options.value();
    return true;
  }
  if (!options.next_is("count", 1)) return read_names_only(call, options, scan);
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
