// HSCAN and its like: a full iteration through one collection in small steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "command/arguments.h"
#include "command/collection.h"

namespace kevy {

/// What such a command was asked for.
struct CollectionScan {
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

/// Reads MATCH and COUNT from the fourth word on; answers the error of what is wrong.
inline bool read_scan_options(Call& call, CollectionScan& scan) {
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("count", 1)) {
      const auto count = integer_argument(call, options.value());
      if (!count) return false;
      if (*count < 1) {
        call.error(errors::kSyntax);
        return false;
      }
      scan.count = static_cast<size_t>(*count);
    } else if (options.next_is("match", 1)) {
      scan.pattern = options.value();
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

/// Runs the whole command. `step(entry, scan, found)` walks on from scan.cursor, puts what is
/// wanted to `found`, and returns the next cursor.
template <typename Step>
void scan_collection(Call& call, Type type, Step&& step) {
  CollectionScan scan;
  const auto cursor = scan_cursor(call.args[2]);
  if (!cursor) {
    call.error("ERR invalid cursor");
    return;
  }
  scan.cursor = *cursor;
  const auto [entry, wrong] = find_to_read(call, call.key(1), type);
  if (wrong) return;
  std::vector<std::string> found;
  uint64_t next = 0;
  if (entry != nullptr) {
    if (!read_scan_options(call, scan)) return;
    next = step(entry, scan, found);
  }
  char digits[kIntegerTextMax];
  call.reply.array(2);
  call.reply.bulk(format_int64(static_cast<int64_t>(next), digits));
  call.reply.array(found.size());
  for (const std::string& item : found) call.reply.bulk(item);
}

}  // namespace kevy
