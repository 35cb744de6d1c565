// HSCAN and HRANDFIELD: some of the fields of a hash, in turn or by chance.
#include <algorithm>
#include <cstdlib>

#include "command/arguments.h"
#include "command/collection.h"
#include "command/collection_scan.h"
#include "command/families.h"
#include "command/hash/value.h"
#include "command/key_specs.h"
#include "command/random_count.h"

namespace kevy {

namespace {

void hscan(Call& call) {
  scan_collection(call, Type::kHash, [](const Entry* entry, const ScanOptions& scan,
                                           FoundBytes& found) {
    return Hash(entry).scan(scan.cursor, scan.count, [&](Bytes field, Bytes value) {
      if (!scan.wants(field)) return;
      found.add(field);
      if (!scan.names_only) found.add(value);
    });
  });
}

void pick_fields(Call& call) {
  const auto wanted = random_count(call, "withvalues");
  if (!wanted) return;
  const auto [count, with_values] = *wanted;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  const bool repeat = count < 0 && !hash.empty();
  if (repeat && !check_repeated(call, count)) return;
  const auto most = static_cast<size_t>(std::abs(count));
  const size_t picked = repeat ? most : std::min(most, hash.size());
  const bool in_pairs = with_values && call.reply.protocol() >= 3;
  call.reply.array(with_values && !in_pairs ? 2 * picked : picked);
  const auto reply_field = [&, both = with_values](Bytes field, Bytes value) {
    if (in_pairs) call.reply.array(2);
    call.reply.bulk(field);
    if (both) call.reply.bulk(value);
  };
  if (repeat) {
    hash.pick(picked, thread_random(), reply_field);
  } else {
    hash.sample(picked, thread_random(), reply_field);
  }
}

void hrandfield(Call& call) {
  if (call.argc() > 2) {
    pick_fields(call);
    return;
  }
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  Hash(entry).pick(1, thread_random(), [&](Bytes field, Bytes) { call.reply.bulk(field); });
}

constexpr CommandRow kRows[] = {
    {.name = "hrandfield", .arity = -2, .flags = kReadonly, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "6.2.0",
     .complexity = "O(N) with N fields answered",
     .summary = "Answers fields of a hash by chance; a negative count may repeat them.",
     .syntax = "key [count:integer [WITHVALUES]]", .handler = hrandfield},
    {.name = "hscan", .arity = -3, .flags = kReadonly, .categories = kAclHash,
     .keys = kOneReadAccess, .group = "hash", .since = "2.8.0",
     .complexity = "O(1) a call, O(N) for a full iteration",
     .summary = "Walks through the fields of a hash, some at a call.",
     .syntax = "key cursor:integer [MATCH pattern] [COUNT count:integer] [NOVALUES]",
     .handler = hscan},
};

}  // namespace

CommandFamily hash_walk_commands() { return kRows; }

}  // namespace kevy
