// What SCAN, HSCAN, SSCAN and ZSCAN are told: where to go on, how far, and what is wanted.
#pragma once

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

/// A cursor as Redis, with strtoul, reads one: up to a zero byte, with a sign, and 0 if it is
/// empty.
inline std::optional<uint64_t> scan_cursor(Bytes text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
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
