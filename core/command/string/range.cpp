// Parts of strings: APPEND, STRLEN, GETRANGE, SETRANGE.
#include <algorithm>
#include <cstring>

#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"
#include "command/string/write.h"

namespace kevy {

namespace {

void append(Call& call) {
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  const Bytes tail = call.args[2];
  size_t size = tail.size();
  if (entry == nullptr) {
    put_string(call, key, nullptr, tail, Keyspace::kNoExpiry);
  } else {
    const size_t before = StringText(entry).bytes().size();
    size += before;
    if (!check_string_size(call, size)) return;
    char* bytes = call.keyspace(key).grow_string(key, size);
    if (!tail.empty()) std::memcpy(bytes + before, tail.data(), tail.size());
  }
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventString, "append");
  call.reply.integer(static_cast<int64_t>(size));
}

void string_length(Call& call) {
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  call.reply.integer(static_cast<int64_t>(StringText(entry).bytes().size()));
}

void getrange(Call& call) {
  const auto first = integer_argument(call, call.args[2]);
  if (!first) return;
  const auto last = integer_argument(call, call.args[3]);
  if (!last) return;
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  const StringText text(entry);
  const auto size = static_cast<int64_t>(text.bytes().size());
  if (*first < 0 && *last < 0 && *first > *last) {
    call.reply.bulk(Bytes());
    return;
  }
  const int64_t begin = std::max<int64_t>(*first < 0 ? size + *first : *first, 0);
  const int64_t end = std::min(std::max<int64_t>(*last < 0 ? size + *last : *last, 0), size - 1);
  if (begin > end || size == 0) {
    call.reply.bulk(Bytes());
    return;
  }
  const Bytes part =
      text.bytes().substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin + 1));
  // A reply keeps no more than twice what it has to send.
  if (entry->encoding() == Encoding::kShared && part.size() >= text.bytes().size() / 2) {
    call.reply.bulk_part(SharedBytes::share(entry->shared()), part);
  } else {
    call.reply.bulk(part);
  }
}

void setrange(Call& call) {
  const auto offset = integer_argument(call, call.args[2]);
  if (!offset) return;
  if (*offset < 0) {
    call.error("ERR offset is out of range");
    return;
  }
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  const Bytes value = call.args[3];
  const size_t before = StringText(entry).bytes().size();
  if (value.empty()) {
    call.reply.integer(static_cast<int64_t>(before));
    return;
  }
  const uint64_t end = static_cast<uint64_t>(*offset) + value.size();
  if (!check_string_size(call, end)) return;
  char* bytes = call.keyspace(key).grow_string(key, std::max<size_t>(end, before));
  std::memcpy(bytes + *offset, value.data(), value.size());
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventString, "setrange");
  call.reply.integer(static_cast<int64_t>(std::max<size_t>(end, before)));
}

constexpr CommandRow kRows[] = {
    {.name = "append", .arity = 3, .flags = kWrite | kDenyOom | kFast | kTakesMany, .categories = kAclString,
     .keys = kOneInsert, .group = "string", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Adds bytes at the end of a string, which is made if missing.",
     .syntax = "key value", .handler = append},
    {.name = "strlen", .arity = 2, .flags = kReadonly | kFast, .categories = kAclString,
     .keys = kOneRead, .group = "string", .since = "2.2.0", .complexity = "O(1)",
     .summary = "Answers how many bytes a string has.", .syntax = "key", .handler = string_length},
    {.name = "getrange", .arity = 4, .flags = kReadonly, .categories = kAclString,
     .keys = kOneReadAccess, .group = "string", .since = "2.4.0",
     .complexity = "O(N) in the bytes answered",
     .summary = "Answers a part of a string; negative positions count from the end.",
     .syntax = "key start:integer end:integer", .handler = getrange},
    {.name = "substr", .arity = 4, .flags = kReadonly, .categories = kAclString,
     .keys = kOneReadAccess, .group = "string", .since = "1.0.0",
     .complexity = "O(N) in the bytes answered", .summary = "The old name of GETRANGE.",
     .syntax = "key start:integer end:integer", .handler = getrange},
    {.name = "setrange", .arity = 4, .flags = kWrite | kDenyOom, .categories = kAclString,
     .keys = kOneUpdate, .group = "string", .since = "2.2.0",
     .complexity = "O(N) in the bytes written",
     .summary = "Overwrites a part of a string, with zero bytes before it where it was shorter.",
     .syntax = "key offset:integer value", .handler = setrange},
};

}  // namespace

CommandFamily string_range_commands() { return kRows; }

}  // namespace kevy
