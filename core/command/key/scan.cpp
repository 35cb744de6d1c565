// SCAN: a full iteration in small steps, shard after shard.
//
// A cursor holds the shard in its low bits and the place in that shard's table above them. Clients
// may send any number: a cursor that names no shard ends the scan, and every place is valid in
// every table.
#include <algorithm>
#include <string>

#include "command/families.h"
#include "command/found_bytes.h"
#include "command/key/type_name.h"
#include "command/scan_options.h"

namespace kevy {

namespace {

constexpr unsigned kShardBits = 12;  // the most shards an instance may have is 4,096

struct KeyScan : ScanOptions {
  Bytes type = {};  // empty: any

  bool wants_key(const Entry& entry) const {
    return (type.empty() || equals_ignoring_case(type, type_name(entry.type()))) &&
           wants(entry.key());
  }
};

bool read_type(Call& call, Bytes text, KeyScan& scan) {
  scan.type = before_nul(text);
  const bool known = std::any_of(kTypeNames.begin(), kTypeNames.end(), [&](Bytes name) {
    return equals_ignoring_case(scan.type, name);
  });
  if (!known) call.error("ERR unknown type name '" + std::string(scan.type) + "'");
  return known;
}

bool read_options(Call& call, KeyScan& scan) {
  for (Options options(call.args, 2); !options.done();) {
    if (options.next_is("type", 1)) {
      if (!read_type(call, options.value(), scan)) return false;
    } else if (!read_scan_option(call, options, scan)) {
      return false;
    }
  }
  return true;
}

void scan(Call& call) {
  const auto cursor = scan_cursor(call.args[1]);
  if (!cursor) {
    call.error("ERR invalid cursor");
    return;
  }
  KeyScan options;
  if (!read_options(call, options)) return;
  uint32_t shard = static_cast<uint32_t>(*cursor & ((1u << kShardBits) - 1));
  uint64_t place = *cursor >> kShardBits;
  size_t left = options.count;
  FoundBytes found;
  while (shard < call.runtime.shard_count() && left != 0) {
    const Keyspace* space =
        call.visit_shard(shard).databases.find(static_cast<size_t>(call.session.database));
    if (space == nullptr || space->size() == 0) {  // costs too little to count
      place = 0;
      ++shard;
      continue;
    }
    const int64_t now_ms = call.now_ms();
    size_t visited = 0;
    place = space->scan(place, left, [&](const Entry& entry) {
      ++visited;
      if (options.wants_key(entry) && !entry.expired(now_ms)) found.add(entry.key());
    });
    left -= std::min(left, std::max<size_t>(visited, 1));
    if (place != 0) break;
    ++shard;
  }
  const uint64_t next = shard >= call.runtime.shard_count() ? 0 : place << kShardBits | shard;
  call.reply.array(2);
  call.reply.bulk(std::to_string(next));
  call.reply.array(found.size());
  found.for_each([&](Bytes key) { call.reply.bulk(key); });
}

constexpr CommandRow kRows[] = {
    {.name = "scan", .arity = -2, .flags = kReadonly | kWalksShards, .categories = kAclKeyspace,
     .group = "generic", .since = "2.8.0", .complexity = "O(1) a call, O(N) for a full iteration",
     .summary = "Walks through the keys of the database, some at a call.",
     .syntax = "cursor:integer [MATCH pattern] [COUNT count:integer] [TYPE type:string]",
     .handler = scan},
};

}  // namespace

CommandFamily scan_commands() { return kRows; }

}  // namespace kevy
