// Lists: taking elements from the ends, and moving them from list to list.
#include <string>

#include "command/families.h"
#include "command/key_specs.h"
#include "command/list/arguments.h"

namespace kevy {

namespace {

// Reports that elements were taken from an end, and removes a list that has become empty.
void popped(Call& call, const Key& key, End end, bool empty) {
  call.changed(key, kEventList, pop_event(end));
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
  popped(call, key, end, count == size);
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

struct PopOptions {
  size_t keys;  // how many, from args[2] on
  End end;
  int64_t count = 1;
};

std::optional<PopOptions> read_pop_options(Call& call) {
  const auto keys = parse_int64(call.args[1]);
  if (!keys || *keys < 1) {
    call.error("ERR numkeys should be greater than 0");
    return std::nullopt;
  }
  if (static_cast<size_t>(*keys) >= call.argc() - 2) {
    call.error(errors::kSyntax);
    return std::nullopt;
  }
  const size_t where = static_cast<size_t>(*keys) + 2;
  const auto end = end_argument(call, call.args[where]);
  if (!end) return std::nullopt;
  PopOptions pop{static_cast<size_t>(*keys), *end};
  bool counted = false;
  for (Options options(call.args, where + 1); !options.done(); counted = true) {
    if (counted || !options.next_is("count", 1)) {
      call.error(errors::kSyntax);
      return std::nullopt;
    }
    const auto count = parse_int64(options.value());
    if (!count || *count < 1) {
      call.error("ERR count should be greater than 0");
      return std::nullopt;
    }
    pop.count = *count;
  }
  return pop;
}

void lmpop(Call& call) {
  const auto options = read_pop_options(call);
  if (!options) return;
  for (size_t i = 2; i < 2 + options->keys; ++i) {
    const Key key = call.key(i);
    const auto [entry, wrong] = find_to_write(call, key, Type::kList);
    if (wrong) return;
    if (entry == nullptr) continue;
    const size_t count = std::min(static_cast<size_t>(options->count), List(entry).size());
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    call.reply.array(count);
    char digits[kIntegerTextMax];
    call.effect({options->end == End::kFront ? "LPOP" : "RPOP", key.bytes,
                 format_int64(static_cast<int64_t>(count), digits)});
    pop_some(call, key, entry, options->end, count);
    return;
  }
  call.reply.null_array();
}

void move_element(Call& call, End from, End to) {
  const Key source = call.key(1), destination = call.key(2);
  const auto [source_entry, wrong] = find_to_write(call, source, Type::kList);
  if (wrong) return;
  if (source_entry == nullptr) {
    call.reply.null();
    return;
  }
  const auto [entry, wrong_destination] = find_to_write(call, destination, Type::kList);
  if (wrong_destination) return;
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
  if (source.bytes == destination.bytes) {
    if (from != to) list.rotate(from, limit);
  } else {
    list.prepare_erase(index);  // so that what is pushed need not be taken back
    List(call.keyspace(destination), destination, entry).push(to, moved, limit);
    if (size != 1) list.erase(index, 1, limit);
  }
  if (entry == nullptr) call.made(destination);
  call.changed(destination, kEventList, push_event(to));
  popped(call, source, from, size == 1 && source.bytes != destination.bytes);
}

void lmove(Call& call) {
  const auto from = end_argument(call, call.args[3]);
  const auto to = from ? end_argument(call, call.args[4]) : std::nullopt;
  if (to) move_element(call, *from, *to);
}

void rpoplpush(Call& call) { move_element(call, End::kBack, End::kFront); }

constexpr KeySpec kMoveKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                                 {2, 2, 1, kKeyRW | kKeyInsert}};
constexpr KeySpec kNumberedKeys[] = {
    {1, 0, 1, kKeyRW | kKeyAccess | kKeyDelete, KeySearch::kKeynum}};

constexpr CommandRow kRows[] = {
    {.name = "lpop", .arity = -2, .flags = kWrite | kFast, .categories = kAclList,
     .keys = kOneAccessDelete, .group = "list", .since = "1.0.0",
     .complexity = "O(N) in the elements answered",
     .summary = "Removes elements from the front of a list and answers them.",
     .syntax = "key [count]", .handler = lpop},
    {.name = "rpop", .arity = -2, .flags = kWrite | kFast, .categories = kAclList,
     .keys = kOneAccessDelete, .group = "list", .since = "1.0.0",
     .complexity = "O(N) in the elements answered",
     .summary = "Removes elements from the back of a list and answers them.",
     .syntax = "key [count]", .handler = rpop},
    {.name = "lmpop", .arity = -4, .flags = kWrite | kMovableKeys, .categories = kAclList,
     .keys = kNumberedKeys, .group = "list", .since = "7.0.0",
     .complexity = "O(N+M): N the keys, M the elements answered",
     .summary = "Removes elements from the first of several lists that is there.",
     .syntax = "numkeys:integer key [key ...] <LEFT|RIGHT> [COUNT count]", .handler = lmpop},
    {.name = "lmove", .arity = 5, .flags = kWrite | kDenyOom, .categories = kAclList,
     .keys = kMoveKeys, .group = "list", .since = "6.2.0", .complexity = "O(1)",
     .summary = "Takes an element from an end of one list to an end of another, and answers it.",
     .syntax = "source:key destination:key <LEFT|RIGHT> <LEFT|RIGHT>", .handler = lmove},
    {.name = "rpoplpush", .arity = 3, .flags = kWrite | kDenyOom, .categories = kAclList,
     .keys = kMoveKeys, .group = "list", .since = "1.2.0", .complexity = "O(1)",
     .summary = "Takes the last element of one list to the front of another, and answers it.",
     .syntax = "source:key destination:key", .handler = rpoplpush},
};

}  // namespace

CommandFamily list_pop_commands() { return kRows; }

}  // namespace kevy
