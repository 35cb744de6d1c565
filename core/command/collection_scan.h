// HSCAN and its like: a full iteration through one collection in small steps.
#pragma once

#include <string>

#include "command/collection.h"
#include "command/found_bytes.h"
#include "command/scan_options.h"

namespace kevy {

/// Runs the whole command. `step(entry, scan, found)` walks on from scan.cursor, puts what is
/// wanted to `found`, and returns the next cursor.
template <typename Step>
void scan_collection(Call& call, Type type, Step&& step) {
  ScanOptions scan;
  const auto cursor = scan_cursor(call.args[2]);
  if (!cursor) {
    call.error("ERR invalid cursor");
    return;
  }
  scan.cursor = *cursor;
  if (type == Type::kHash) scan.names_only_word = "novalues";
  if (type == Type::kZset) scan.names_only_word = "noscores";
  const auto [entry, wrong] = find_to_read(call, call.key(1), type);
  if (wrong) return;
  FoundBytes found;
  uint64_t next = 0;
  if (entry != nullptr) {
    for (Options options(call.args, 3); !options.done();) {
      if (!read_scan_option(call, options, scan)) return;
    }
    next = step(entry, scan, found);
  }
  call.reply.array(2);
  call.reply.bulk(std::to_string(next));
  call.reply.array(found.size());
  found.for_each([&](Bytes item) { call.reply.bulk(item); });
}

}  // namespace kevy
