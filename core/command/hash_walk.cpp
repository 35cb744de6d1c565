// HSCAN and HRANDFIELD: some of the fields of a hash, in turn or by chance.
#include <algorithm>
#include <cstdlib>

#include "command/arguments.h"
#include "command/collection.h"
#include "command/collection_scan.h"
#include "command/families.h"
#include "command/hash_value.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

void hscan(Call& call) {
  scan_collection(call, Type::kHash, [](const Entry* entry, const CollectionScan& scan,
                                           std::vector<std::string>& found) {
    return Hash(entry).scan(scan.cursor, scan.count, [&](Bytes field, Bytes value) {
      if (!scan.wants(field)) return;
      found.emplace_back(field);
      found.emplace_back(value);
    });
  });
}

// How many fields HRANDFIELD is to pick: below zero when one may come more than once. Answers the
// error when that is no number, or more than can be counted.
std::optional<int64_t> read_count(Call& call, bool with_values) {
  const auto count = integer_argument(call, call.args[2]);
  if (!count) return std::nullopt;
  if (*count == INT64_MIN) {
    call.error(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
    return std::nullopt;
  }
  if (with_values && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2)) {
    call.error("ERR value is out of range");
    return std::nullopt;
  }
  return count;
}

void pick_fields(Call& call) {
  const bool with_values = call.argc() == 4;
  if (call.argc() > 4 || (with_values && !equals_ignoring_case(call.args[3], "withvalues"))) {
    call.error(errors::kSyntax);
    return;
  }
  const auto count = read_count(call, with_values);
  if (!count) return;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kHash);
  if (wrong) return;
  const Hash hash(entry);
  const bool repeat = *count < 0 && !hash.empty();
  const auto wanted = static_cast<size_t>(std::abs(*count));
  const size_t picked = repeat ? wanted : std::min(wanted, hash.size());
  const bool in_pairs = with_values && call.reply.protocol() >= 3;
  call.reply.array(with_values && !in_pairs ? 2 * picked : picked);
  const auto reply_field = [&](Bytes field, Bytes value) {
    if (in_pairs) call.reply.array(2);
    call.reply.bulk(field);
    if (with_values) call.reply.bulk(value);
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
     .syntax = "key cursor:integer [MATCH pattern] [COUNT count:integer]", .handler = hscan},
};

}  // namespace

CommandFamily hash_walk_commands() { return kRows; }

}  // namespace kevy
