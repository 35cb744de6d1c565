// Lists: adding at the ends, and access by index.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/list/arguments.h"

namespace kevy {

namespace {

void push(Call& call, End end, bool only_existing) {
  const Args values = call.args.subspan(2);
  if (!check_elements(call, values)) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kList);
  if (wrong) return;
  if (entry == nullptr && only_existing) {
    call.reply.integer(0);
    return;
  }
  List list(call.keyspace(key), key, entry);
  list.push(end, values, list_limit(call));
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventList, push_event(end));
  call.count_as(key, values.size());
  call.reply.integer(static_cast<int64_t>(list.size()));
}

void lpush(Call& call) { push(call, End::kFront, false); }
void rpush(Call& call) { push(call, End::kBack, false); }
void lpushx(Call& call) { push(call, End::kFront, true); }
void rpushx(Call& call) { push(call, End::kBack, true); }

void llen(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kList);
  if (!wrong) call.reply.integer(static_cast<int64_t>(List(entry).size()));
}

void lindex(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kList);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.null();
    return;
  }
  const auto number = integer_argument(call, call.args[2]);
  if (!number) return;
  const List list(entry);
  if (const auto index = list_index(*number, list.size())) {
    list.for_range(*index, 1, End::kFront, [&](Bytes element) {
      call.reply.bulk(element);
      return Walk::kGoOn;
    });
  } else {
    call.reply.null();
  }
}

void lset(Call& call) {
  if (!check_elements(call, call.args.subspan(3))) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kList);
  if (wrong) return;
  if (entry == nullptr) {
    call.error(errors::kNoSuchKey);
    return;
  }
  const auto number = integer_argument(call, call.args[2]);
  if (!number) return;
  List list(call.keyspace(key), key, entry);
  const auto index = list_index(*number, list.size());
  if (!index) {
    call.error("ERR index out of range");
    return;
  }
  list.set(*index, call.args[3], list_limit(call));
  call.changed(key, kEventList, "lset");
  call.reply.ok();
}

void lrange(Call& call) {
  const auto start = integer_argument(call, call.args[2]);
  const auto stop = start ? integer_argument(call, call.args[3]) : std::nullopt;
  if (!stop) return;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kList);
  if (wrong) return;
  const List list(entry);
  const ListRange range(*start, *stop, list.size());
  call.reply.array(range.count);
  list.for_range(range.first, range.count, End::kFront, [&](Bytes element) {
    call.reply.bulk(element);
    return Walk::kGoOn;
  });
}

void ltrim(Call& call) {
  const auto start = integer_argument(call, call.args[2]);
  const auto stop = start ? integer_argument(call, call.args[3]) : std::nullopt;
  if (!stop) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kList);
  if (wrong) return;
  call.reply.ok();
  if (entry == nullptr) return;
  List list(call.keyspace(key), key, entry);
  const size_t size = list.size();
  const ListRange kept(*start, *stop, size);
  if (kept.count == size) {
    // That is told, but changes nothing for those who watch the key.
    call.notify(key, call.session.database, kEventList, "ltrim");
    return;
  }
  if (kept.count != 0) {
    const ListLimit limit = list_limit(call);
    const size_t behind = kept.first + kept.count;
    if (kept.first != 0) list.prepare_erase(kept.first);
    if (behind != size) list.prepare_erase(behind);
    if (behind != size) list.erase(behind, size - behind, limit);
    if (kept.first != 0) list.erase(0, kept.first, limit);
  }
  call.changed(key, kEventList, "ltrim");
  call.count_as(key, size - kept.count);
  if (kept.count == 0) erase_empty(call, key);
}

constexpr uint32_t kPush = kWrite | kDenyOom | kFast;

constexpr CommandRow kRows[] = {
    {.name = "lpush", .arity = -3, .flags = kPush, .categories = kAclList, .keys = kOneInsert,
     .group = "list", .since = "1.0.0", .complexity = "O(1) for each element",
     .summary = "Puts elements before the first one of a list, which is made when missing.",
     .syntax = "key element [element ...]", .handler = lpush},
    {.name = "rpush", .arity = -3, .flags = kPush, .categories = kAclList, .keys = kOneInsert,
     .group = "list", .since = "1.0.0", .complexity = "O(1) for each element",
     .summary = "Puts elements behind the last one of a list, which is made when missing.",
     .syntax = "key element [element ...]", .handler = rpush},
    {.name = "lpushx", .arity = -3, .flags = kPush, .categories = kAclList, .keys = kOneInsert,
     .group = "list", .since = "2.2.0", .complexity = "O(1) for each element",
     .summary = "Puts elements before the first one of a list that is there.",
     .syntax = "key element [element ...]", .handler = lpushx},
    {.name = "rpushx", .arity = -3, .flags = kPush, .categories = kAclList, .keys = kOneInsert,
     .group = "list", .since = "2.2.0", .complexity = "O(1) for each element",
     .summary = "Puts elements behind the last one of a list that is there.",
     .syntax = "key element [element ...]", .handler = rpushx},
    {.name = "llen", .arity = 2, .flags = kReadonly | kFast, .categories = kAclList,
     .keys = kOneRead, .group = "list", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Answers how many elements a list has.", .syntax = "key", .handler = llen},
    {.name = "lindex", .arity = 3, .flags = kReadonly, .categories = kAclList,
     .keys = kOneReadAccess, .group = "list", .since = "1.0.0",
     .complexity = "O(N) in the distance to the nearer end, whole chunks counting as one",
     .summary = "Answers the element at an index, counted from the end when below zero.",
     .syntax = "key index:integer", .handler = lindex},
    {.name = "lset", .arity = 4, .flags = kWrite | kDenyOom, .categories = kAclList,
     .keys = kOneUpdate, .group = "list", .since = "1.0.0",
     .complexity = "O(N) in the distance to the nearer end, whole chunks counting as one",
     .summary = "Replaces the element at an index.", .syntax = "key index:integer element",
     .handler = lset},
    {.name = "lrange", .arity = 4, .flags = kReadonly, .categories = kAclList,
     .keys = kOneReadAccess, .group = "list", .since = "1.0.0",
     .complexity = "O(S+N): S the distance to the nearer end, N the elements answered",
     .summary = "Answers the elements from one index to another.",
     .syntax = "key start:integer stop:integer", .handler = lrange},
    {.name = "ltrim", .arity = 4, .flags = kWrite, .categories = kAclList,
     .keys = kOneDelete, .group = "list", .since = "1.0.0",
     .complexity = "O(N) in the chunks removed",
     .summary = "Keeps the elements from one index to another and removes the rest.",
     .syntax = "key start:integer stop:integer", .handler = ltrim},
};

}  // namespace

CommandFamily list_commands() { return kRows; }

}  // namespace kevy
