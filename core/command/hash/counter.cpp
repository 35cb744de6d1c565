// HINCRBY and HINCRBYFLOAT: fields that are numbers.
#include <cmath>

#include "command/arguments.h"
#include "command/collection.h"
#include "command/families.h"
#include "command/hash/value.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

// When the field expires, which stays when it becomes another number.
int64_t kept_expiry(Call& call, Hash& hash) {
  if (hash.entry() == nullptr || !hash.entry()->has_field_times()) [[likely]] {
    return Keyspace::kNoExpiry;
  }
  return hash.expiry_of(call.args[2]).value_or(Keyspace::kNoExpiry);
}

// Logs the number that is to be stored. Where it is to expire, a sum that is made later is another.
void log_counter(Call& call, const Key& key, Bytes text, int64_t expires_at_ms) {
  if (expires_at_ms < 0) {
    call.effect({"HSET", key.bytes, call.args[2], text});
  } else {
    char digits[kIntegerTextMax];
    call.effect({"HSETEX", key.bytes, "PXAT", format_int64(expires_at_ms, digits), "FIELDS", "1",
                 call.args[2], text});
  }
}

void hincrby(Call& call) {
  const auto delta = integer_argument(call, call.args[3]);
  if (!delta) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  Hash hash(call.keyspace(key), key, entry);
  int64_t value = 0;
  if (const auto now = hash.find(call.args[2])) {
    const auto number = now->is_integer ? now->integer : parse_int64(now->bytes);
    if (!number) {
      call.error("ERR hash value is not an integer");
      return;
    }
    value = *number;
  }
  if (__builtin_add_overflow(value, *delta, &value)) {
    call.error(errors::kOverflow);
    return;
  }
  char digits[kIntegerTextMax];
  const Bytes text = format_int64(value, digits);
  const int64_t expires_at_ms = kept_expiry(call, hash);
  if (expires_at_ms >= 0) log_counter(call, key, text, expires_at_ms);
  hash.set(call.args[2], text, hash_limits(call), expires_at_ms);
  report_fields_set(call, key, entry, "hincrby");
  call.reply.integer(value);
}

void hincrbyfloat(Call& call) {
  const auto delta = parse_long_double(call.args[3]);
  if (!delta) {
    call.error(errors::kNotFloat);
    return;
  }
  if (std::isinf(*delta)) {
    call.error("ERR value is NaN or Infinity");
    return;
  }
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kHash);
  if (wrong) return;
  Hash hash(call.keyspace(key), key, entry);
  std::optional<long double> value = 0;
  if (const auto now = hash.find(call.args[2])) {
    value = now->is_integer ? static_cast<long double>(now->integer)
                            : parse_long_double(now->bytes);
  }
  if (!value) {
    call.error("ERR hash value is not a float");
    return;
  }
  const long double sum = *value + *delta;
  if (!std::isfinite(sum)) {
    call.error("ERR increment would produce NaN or Infinity");
    return;
  }
  const std::string text = format_long_double(sum);
  const int64_t expires_at_ms = kept_expiry(call, hash);
  call.reply.bulk(text);
  log_counter(call, key, text, expires_at_ms);
  hash.set(call.args[2], text, hash_limits(call), expires_at_ms);
  report_fields_set(call, key, entry, "hincrbyfloat");
}

constexpr uint32_t kFlags = kWrite | kDenyOom | kFast;

constexpr CommandRow kRows[] = {
    {.name = "hincrby", .arity = 4, .flags = kFlags, .categories = kAclHash,
     .keys = kOneAccessUpdate, .group = "hash", .since = "2.0.0", .complexity = "O(1)",
     .summary = "Adds to the integer in a field; a missing field counts as 0.",
     .syntax = "key field increment:integer", .handler = hincrby},
    {.name = "hincrbyfloat", .arity = 4, .flags = kFlags, .categories = kAclHash,
     .keys = kOneAccessUpdate, .group = "hash", .since = "2.6.0", .complexity = "O(1)",
     .summary = "Adds to the number with a fraction in a field.",
     .syntax = "key field increment:double", .handler = hincrbyfloat},
};

}  // namespace

CommandFamily hash_counter_commands() { return kRows; }

}  // namespace kevy
