// INCR and its relatives: strings that are numbers.
#include <cmath>

#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"

namespace kevy {

namespace {

void add_integer(Call& call, int64_t delta) {
  const Key key = call.key(1);
  Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  int64_t value = 0;
  if (entry != nullptr) {
    if (entry->encoding() == Encoding::kInteger) [[likely]] {
      value = entry->integer();
    } else if (const auto number = integer_argument(call, entry->string())) {
      value = *number;
    } else {
      return;
    }
  }
  if (__builtin_add_overflow(value, delta, &value)) {
    call.error(errors::kOverflow);
    return;
  }
  if (entry != nullptr && entry->encoding() == Encoding::kInteger) {
    call.keyspace(key).update_integer(entry, value);
  } else {
    call.keyspace(key).set_integer(key, value, Keyspace::kKeepExpiry);
  }
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventString, "incrby");
  call.reply.integer(value);
}

void incr(Call& call) { add_integer(call, 1); }
void decr(Call& call) { add_integer(call, -1); }

void incrby(Call& call) {
  if (const auto delta = integer_argument(call, call.args[2])) add_integer(call, *delta);
}

void decrby(Call& call) {
  const auto delta = integer_argument(call, call.args[2]);
  if (!delta) return;
  if (*delta == INT64_MIN) {
    call.error("ERR decrement would overflow");
    return;
  }
  add_integer(call, -*delta);
}

void incrbyfloat(Call& call) {
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  const auto value =
      entry == nullptr ? std::optional(0.0L) : parse_long_double(StringText(entry).bytes());
  const auto delta = parse_long_double(call.args[2]);
  if (!value || !delta) {
    call.error(errors::kNotFloat);
    return;
  }
  const long double sum = *value + *delta;
  if (std::isnan(sum) || std::isinf(sum)) {
    call.error(errors::kNotFinite);
    return;
  }
  const std::string text = format_long_double(sum);
  Value stored;
  stored.inside = text;  // Redis keeps it as text even when it is an integer
  call.reply.bulk(text);
  call.effect({"SET", key.bytes, text, "KEEPTTL"});
  call.keyspace(key).put(key, std::move(stored), Keyspace::kKeepExpiry);
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventString, "incrbyfloat");
}

constexpr uint32_t kFlags = kWrite | kDenyOom | kFast;

constexpr CommandRow kRows[] = {
    {.name = "incr", .arity = 2, .flags = kFlags, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds one to the integer a key holds; a missing key counts as 0.",
     .syntax = "key", .handler = incr},
    {.name = "decr", .arity = 2, .flags = kFlags, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Takes one from the integer a key holds; a missing key counts as 0.",
     .syntax = "key", .handler = decr},
    {.name = "incrby", .arity = 3, .flags = kFlags, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Adds to the integer a key holds.", .syntax = "key increment:integer",
     .handler = incrby},
    {.name = "decrby", .arity = 3, .flags = kFlags, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "1.0.0", .complexity = "O(1)",
     .summary = "Takes from the integer a key holds.", .syntax = "key decrement:integer",
     .handler = decrby},
    {.name = "incrbyfloat", .arity = 3, .flags = kFlags, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Adds to the number with a fraction that a key holds.",
     .syntax = "key increment:double", .handler = incrbyfloat},
};

}  // namespace

CommandFamily counter_commands() { return kRows; }

}  // namespace kevy
