// Lists: taking elements from the ends, and moving them from list to list.
#include "command/list/pop.h"

#include <string>

#include "command/families.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

// Reports that `count` elements were taken from an end, and removes a list that has become empty.
// 0: one was, which is counted as a part of another change.
void popped(Call& call, const Key& key, End end, size_t count, bool empty) {
  call.changed(key, kEventList, pop_event(end));
  call.count_as(key, count);
  if (empty) erase_empty(call, key);
}

// Answers `count` elements from an end, the outermost first, and removes them.
void pop_some(Call& call, const Key& key, Entry* entry, End end, size_t count) {
  List list(call.keyspace(key), key, entry);
  const size_t size = list.size();
  const bool front = end == End::kFront;
  list.for_range(front ? 0 : size - 1, count, end, [&](Bytes element) {
    call.reply.bulk(element);
    return Walk::kGoOn;
  });
  if (count == 0) return;
  if (count != size) list.erase(front ? 0 : size - count, count, list_limit(call));
  popped(call, key, end, count, count == size);
}

void pop(Call& call, End end) {
  if (call.argc() > 3) {
    call.error(errors::wrong_arity(call));
    return;
  }
  const bool many = call.argc() == 3;
  const auto wanted = many ? parse_int64(call.args[2]) : 1;
  if (!wanted || *wanted < 0) {
    call.error("ERR value is out of range, must be positive");
    return;
  }
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kList);
  if (wrong) return;
  if (entry == nullptr) {
    if (many) {
      call.reply.null_array();
    } else {
      call.reply.null();
    }
    return;
  }
  const size_t count = std::min(static_cast<size_t>(*wanted), List(entry).size());
  if (many) call.reply.array(count);
  pop_some(call, key, entry, end, count);
}

void lpop(Call& call) { pop(call, End::kFront); }
void rpop(Call& call) { pop(call, End::kBack); }

}  // namespace

bool pop_many(Call& call, const ManyPop& pop) {
  const End end = pop.at_second ? End::kBack : End::kFront;
  for (const Bytes name : pop.keys) {
    const Key key = call.key_of(name);
    const auto [entry, wrong] = find_to_write(call, key, Type::kList);
    if (wrong) return true;
    if (entry == nullptr) continue;
    const size_t count = std::min(static_cast<size_t>(pop.count), List(entry).size());
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    call.reply.array(count);
    char digits[kIntegerTextMax];
    call.effect({pop_verb(end), key.bytes, format_int64(static_cast<int64_t>(count), digits)});
    pop_some(call, key, entry, end, count);
    return true;
  }
  return false;
}

bool pop_one(Call& call, Args keys, End end) {
  for (const Bytes name : keys) {
    const Key key = call.key_of(name);
    const auto [entry, wrong] = find_to_write(call, key, Type::kList);
    if (wrong) return true;
    if (entry == nullptr) continue;
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    call.effect({pop_verb(end), key.bytes});
    pop_some(call, key, entry, end, 1);
    return true;
  }
  return false;
}

bool move_one(Call& call, End from, End to) {
  const Key source = call.key(1), destination = call.key(2);
  const auto [source_entry, wrong] = find_to_write(call, source, Type::kList);
  if (wrong) return true;
  if (source_entry == nullptr) return false;
  const auto [entry, wrong_destination] = find_to_write(call, destination, Type::kList);
  if (wrong_destination) return true;
  const ListLimit limit = list_limit(call);
  List list(call.keyspace(source), source, source_entry);
  const size_t size = list.size(), index = from == End::kFront ? 0 : size - 1;
  std::string element;
  list.for_range(index, 1, End::kFront, [&](Bytes bytes) {
    element = bytes;
    return Walk::kGoOn;
  });
  const Bytes moved[] = {element};
  call.reply.bulk(element);
  if (call.row.has(kBlocking)) {
    call.effect({"LMOVE", source.bytes, destination.bytes, end_name(from), end_name(to)});
  }
  if (source.bytes == destination.bytes) {
    if (from != to) list.rotate(from, limit);
  } else {
    list.prepare_erase(index);  // so that what is pushed need not be taken back
    List(call.keyspace(destination), destination, entry).push(to, moved, limit);
    if (size != 1) list.erase(index, 1, limit);
  }
  if (entry == nullptr) call.made(destination);
  call.changed(destination, kEventList, push_event(to));
  popped(call, source, from, 0, size == 1 && source.bytes != destination.bytes);
  return true;
}

namespace {

void lmpop(Call& call) {
  const auto pop = read_many_pop(call, 1, kEndNames);
  if (pop && !pop_many(call, *pop)) call.reply.null_array();
}

void lmove(Call& call) {
  const auto from = end_argument(call, call.args[3]);
  const auto to = from ? end_argument(call, call.args[4]) : std::nullopt;
  if (to && !move_one(call, *from, *to)) call.reply.null();
}

void rpoplpush(Call& call) {
  if (!move_one(call, End::kBack, End::kFront)) call.reply.null();
}

constexpr KeySpec kMoveKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                                 {2, 2, 1, kKeyRW | kKeyInsert}};
constexpr KeySpec kNumberedKeys[] = {
    {1, 0, 1, kKeyRW | kKeyAccess | kKeyDelete, KeySearch::kKeynum}};

constexpr CommandRow kRows[] = {
    {.name = "lpop",
     .arity = -2,
     .flags = kWrite | kFast | kTakesMany,
     .categories = kAclList,
     .keys = kOneAccessDelete,
     .group = "list",
     .since = "1.0.0",
     .complexity = "O(N) in the elements answered",
     .summary = "Removes elements from the front of a list and answers them.",
     .syntax = "key [count]",
     .handler = lpop},
    {.name = "rpop",
     .arity = -2,
     .flags = kWrite | kFast | kTakesMany,
     .categories = kAclList,
     .keys = kOneAccessDelete,
     .group = "list",
     .since = "1.0.0",
     .complexity = "O(N) in the elements answered",
     .summary = "Removes elements from the back of a list and answers them.",
     .syntax = "key [count]",
     .handler = rpop},
    {.name = "lmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .categories = kAclList,
     .keys = kNumberedKeys,
     .group = "list",
     .since = "7.0.0",
     .complexity = "O(N+M): N the keys, M the elements answered",
     .summary = "Removes elements from the first of several lists that is there.",
     .syntax = "numkeys:integer key [key ...] <LEFT|RIGHT> [COUNT count]",
     .handler = lmpop},
    {.name = "lmove",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .categories = kAclList,
     .keys = kMoveKeys,
     .group = "list",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Takes an element from an end of one list to an end of another, and answers it.",
     .syntax = "source:key destination:key <LEFT|RIGHT> <LEFT|RIGHT>",
     .handler = lmove},
    {.name = "rpoplpush",
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .categories = kAclList,
     .keys = kMoveKeys,
     .group = "list",
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Takes the last element of one list to the front of another, and answers it.",
     .syntax = "source:key destination:key",
     .handler = rpoplpush},
};

}  // namespace

CommandFamily list_pop_commands() { return kRows; }

}  // namespace kevy
