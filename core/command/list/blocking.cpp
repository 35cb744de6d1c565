// Lists: the commands that wait until there is something to pop.
#include "command/deadline.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/list/move_many.h"
#include "command/list/pop.h"

namespace kevy {

namespace {

void pop(Call& call, End end) {
  const auto deadline_us = deadline_argument(call, call.args.back());
  if (!deadline_us) return;
  const Args keys = call.args.subspan(1, call.argc() - 2);
  if (pop_one(call, keys, end) || wait_for(call, keys, Type::kList, *deadline_us)) return;
  call.reply.null_array();
}

void blpop(Call& call) { pop(call, End::kFront); }
void brpop(Call& call) { pop(call, End::kBack); }

void blmpop(Call& call) {
  const auto pop = read_many_pop(call, 2, kEndNames);
  if (!pop) return;
  const auto deadline_us = deadline_argument(call, call.args[1]);
  if (!deadline_us) return;
  if (pop_many(call, *pop) || wait_for(call, pop->keys, Type::kList, *deadline_us)) return;
  call.reply.null_array();
}

void move(Call& call, End from, End to, Bytes timeout) {
  const auto deadline_us = deadline_argument(call, timeout);
  if (!deadline_us) return;
  if (move_one(call, from, to)) return;
  if (wait_for(call, call.args.subspan(1, 1), Type::kList, *deadline_us)) return;
  call.reply.null();
}

void blmove(Call& call) {
  const auto from = end_argument(call, call.args[3]);
  const auto to = from ? end_argument(call, call.args[4]) : std::nullopt;
  if (to) move(call, *from, *to, call.args[5]);
}

void brpoplpush(Call& call) { move(call, End::kBack, End::kFront, call.args[3]); }

void blmovem(Call& call) {
  const auto move = read_many_move(call, 6);
  if (!move) return;
  const auto deadline_us = deadline_argument(call, call.args[5]);
  if (!deadline_us) return;
  if (move_many(call, *move)) return;
  if (wait_for(call, call.args.subspan(1, 1), Type::kList, *deadline_us)) return;
  call.reply.null_array();
}

constexpr KeySpec kMoveKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                                 {2, 2, 1, kKeyRW | kKeyInsert}};
constexpr KeySpec kPopKeys[] = {{1, -2, 1, kKeyRW | kKeyAccess | kKeyDelete}};
constexpr KeySpec kNumberedKeys[] = {
    {2, 0, 1, kKeyRW | kKeyAccess | kKeyDelete, KeySearch::kKeynum}};

constexpr uint32_t kWaits = kWrite | kBlocking | kNeedsSession;

constexpr CommandRow kRows[] = {
    {.name = "blpop",
     .arity = -3,
     .flags = kWaits,
     .categories = kAclList | kAclBlocking,
     .keys = kPopKeys,
     .group = "list",
     .since = "2.0.0",
     .complexity = "O(N) in the keys",
     .summary = "Removes the first element of the first list that has any, for which it waits.",
     .syntax = "key [key ...] timeout:double",
     .handler = blpop},
    {.name = "brpop",
     .arity = -3,
     .flags = kWaits,
     .categories = kAclList | kAclBlocking,
     .keys = kPopKeys,
     .group = "list",
     .since = "2.0.0",
     .complexity = "O(N) in the keys",
     .summary = "Removes the last element of the first list that has any, for which it waits.",
     .syntax = "key [key ...] timeout:double",
     .handler = brpop},
    {.name = "blmpop",
     .arity = -5,
     .flags = kWaits | kMovableKeys,
     .categories = kAclList | kAclBlocking,
     .keys = kNumberedKeys,
     .group = "list",
     .since = "7.0.0",
     .complexity = "O(N+M): N the keys, M the elements answered",
     .summary = "Removes elements from the first list that has any, for which it waits.",
     .syntax = "timeout:double numkeys:integer key [key ...] <LEFT|RIGHT> [COUNT count]",
     .handler = blmpop},
    {.name = "blmove",
     .arity = 6,
     .flags = kWaits | kDenyOom,
     .categories = kAclList | kAclBlocking,
     .keys = kMoveKeys,
     .group = "list",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary =
         "Takes an element, for which it waits, from an end of one list to an end of another.",
     .syntax = "source:key destination:key <LEFT|RIGHT> <LEFT|RIGHT> timeout:double",
     .handler = blmove},
    {.name = "brpoplpush",
     .arity = 4,
     .flags = kWaits | kDenyOom,
     .categories = kAclList | kAclBlocking,
     .keys = kMoveKeys,
     .group = "list",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Takes the last element of one list, for which it waits, to the front of another.",
     .syntax = "source:key destination:key timeout:double",
     .handler = brpoplpush},
    {.name = "blmovem",
     .arity = -6,
     .flags = kWaits | kDenyOom,
     .categories = kAclList | kAclBlocking,
     .keys = kMoveKeys,
     .group = "list",
     .since = "8.10.0",
     .complexity = "O(N) in the elements moved",
     .summary = "Takes elements, for which it waits, from an end of one list to an end of another.",
     .syntax = "source:key destination:key <LEFT|RIGHT> <LEFT|RIGHT> timeout:double "
               "[<COUNT count|EXACTLY exactly:integer> <OBO|BULK>]",
     .handler = blmovem},
};

}  // namespace

CommandFamily list_blocking_commands() { return kRows; }

}  // namespace kevy
