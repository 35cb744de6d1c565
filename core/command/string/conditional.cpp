// DIGEST, DELIFEQ, DELEX: a client compares a string, or deletes it if it is still as the client
// knows it.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/condition.h"

namespace kevy {

namespace {

void digest(Call& call) {
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  if (entry == nullptr) {
    call.reply.null();
  } else {
    call.reply.bulk(digest_of(StringText(entry).bytes()));
  }
}

void delete_if(Call& call, const StringCondition& condition) {
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (condition.given() && !require_string(call, entry)) return;
  if (entry == nullptr || !condition.holds(entry)) {
    call.reply.integer(0);
    return;
  }
  call.effect({"DEL", key.bytes});
  call.keyspace(key).erase(key);
  call.changed(key, kEventGeneric, "del");
  call.reply.integer(1);
}

void delifeq(Call& call) { delete_if(call, {StringCondition::Kind::kEqual, call.args[2]}); }

void delex(Call& call) {
  if (call.argc() != 2 && call.argc() != 4) {
    call.error(errors::wrong_arity(call));
    return;
  }
  StringCondition condition;
  Options options(call.args, 2);
  if (!options.done() && !read_condition(options, condition)) {
    call.error(errors::kSyntax);
    return;
  }
  if (check_condition(call, condition)) delete_if(call, condition);
}

constexpr KeySpec kDeletedUnread[] = {{1, 1, 1, kKeyRM | kKeyDelete}};
constexpr KeySpec kDelexKey[] = {{1, 1, 1, kKeyRW | kKeyDelete | kKeyVariable}};

// Without a condition what the key holds does not matter.
uint16_t delex_key_flags(Args args) { return (args.size() > 2 ? kKeyRW : kKeyRM) | kKeyDelete; }

constexpr CommandRow kRows[] = {
    {.name = "digest", .arity = 2, .flags = kReadonly | kFast | kTakesMany, .categories = kAclString,
     .keys = kOneReadAccess, .group = "string", .since = "8.4.0",
     .complexity = "O(N) in the length of the string",
     .summary = "Answers a digest of a string, for IFDEQ and IFDNE.", .syntax = "key",
     .handler = digest},
    {.name = "delifeq", .arity = 3, .flags = kWrite | kFast, .categories = kAclString,
     .keys = kDeletedUnread, .group = "string", .since = "9.0.0", .complexity = "O(1)",
     .summary = "Deletes a key that holds a certain string.", .syntax = "key value",
     .handler = delifeq},
    {.name = "delex", .arity = -2, .flags = kWrite | kFast | kTakesMany, .categories = kAclString,
     .keys = kDelexKey, .group = "string", .since = "8.4.0",
     .complexity = "O(1); with a digest O(N) in the length of the string",
     .summary = "Deletes a key, on a condition if one is given.",
     .syntax = "key [IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE ifdne-digest]",
     .handler = delex, .key_flags = delex_key_flags},
};

}  // namespace

CommandFamily conditional_string_commands() { return kRows; }

}  // namespace kevy
