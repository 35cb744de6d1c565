// INCREX: adds to a number within bounds and sets its time to live, in one step.
//
// A sum out of bounds is not stored; with SATURATE the bound is stored in its place. The bounds of
// the type count where none are given.
#include <algorithm>
#include <cfloat>
#include <cmath>

#include "command/families.h"
#include "command/key_specs.h"
#include "command/expiry_option.h"
#include "command/string/value.h"
#include "command/string/write.h"

namespace kevy {

namespace {

struct IncrexOptions {
  bool real = false;
  bool saturate = false;
  bool only_without_expiry = false;  // ENX
  std::optional<Bytes> increment, lower, upper;
  ExpiryOption expiry;
};

bool read_text(Options& options, Bytes name, std::optional<Bytes>& text) {
  if (text || !options.next_is(name, 1)) return false;
  text = options.value();
  return true;
}

bool read_increx_options(Call& call, IncrexOptions& increx) {
  for (Options options(call.args, 2); !options.done();) {
    if (read_text(options, "byint", increx.increment) || read_text(options, "lbound", increx.lower) ||
        read_text(options, "ubound", increx.upper) ||
        read_expiry_or_persist(options, increx.expiry)) {
      continue;
    }
    if (read_text(options, "byfloat", increx.increment)) {
      increx.real = true;
    } else if (options.next_is("saturate")) {
      increx.saturate = true;
    } else if (options.next_is("enx")) {
      increx.only_without_expiry = true;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  if (!increx.only_without_expiry || increx.expiry.given()) return true;
  call.error(increx.expiry.persist ? errors::kSyntax : "ERR ENX flag requires an expiration");
  return false;
}

/// What is to be added, and between which bounds.
template <typename Number>
struct Steps {
  Number increment, lower, upper;
};

/// The number that `text` is, or `otherwise` where there is none; answers the error of a wrong one.
std::optional<int64_t> number_or(Call& call, std::optional<Bytes> text, int64_t otherwise) {
  return text ? integer_argument(call, *text) : otherwise;
}
std::optional<long double> number_or(Call& call, std::optional<Bytes> text, long double otherwise) {
  const auto number = text ? parse_long_double(*text) : otherwise;
  if (!number) call.error(errors::kNotFloat);
  return number;
}

bool is_finite(int64_t) { return true; }
bool is_finite(long double number) { return std::isfinite(number); }

template <typename Number>
std::optional<Steps<Number>> read_steps(Call& call, const IncrexOptions& options, Number lowest,
                                        Number highest) {
  const auto increment = number_or(call, options.increment, Number{1});
  if (!increment) return std::nullopt;
  if (!is_finite(*increment)) {
    call.error(errors::kNotFinite);
    return std::nullopt;
  }
  const auto lower = number_or(call, options.lower, lowest);
  if (!lower) return std::nullopt;
  const auto upper = number_or(call, options.upper, highest);
  if (!upper) return std::nullopt;
  if (*lower > *upper) {
    call.error("ERR LBOUND can't be greater than UBOUND");
    return std::nullopt;
  }
  return Steps<Number>{*increment, std::max(*lower, lowest), std::min(*upper, highest)};
}

/// The sum, or the bound it saturates at; nothing when the bounds refuse it.
std::optional<int64_t> bounded_sum(int64_t value, const Steps<int64_t>& steps, bool saturate) {
  int64_t sum;
  const bool overflow = __builtin_add_overflow(value, steps.increment, &sum);
  const bool above = overflow ? steps.increment > 0 : sum > steps.upper;
  const bool below = overflow ? steps.increment < 0 : sum < steps.lower;
  if (!above && !below) return sum;
  if (!saturate) return std::nullopt;
  return above ? steps.upper : steps.lower;
}

std::optional<long double> bounded_sum(long double value, const Steps<long double>& steps,
                                       bool saturate) {
  const long double sum = value + steps.increment;
  if (sum >= steps.lower && sum <= steps.upper) return sum;
  if (!saturate) return std::nullopt;
  return sum > steps.upper ? steps.upper : steps.lower;
}

bool subtract(int64_t a, int64_t b, int64_t& difference) {
  return !__builtin_sub_overflow(a, b, &difference);
}
bool subtract(long double a, long double b, long double& difference) {
  difference = a - b;
  return std::isfinite(difference);
}

std::optional<int64_t> number_of(Call& call, const Entry* entry, int64_t) {
  if (entry == nullptr) return 0;
  if (entry->encoding() == Encoding::kInteger) return entry->integer();
  return integer_argument(call, entry->string());
}
std::optional<long double> number_of(Call& call, const Entry* entry, long double) {
  if (entry == nullptr) return 0.0L;
  const auto number = parse_long_double(StringText(entry).bytes());
  if (!number) call.error(errors::kNotFloat);
  return number;
}

void reply_number(Reply& reply, int64_t number) { reply.integer(number); }
void reply_number(Reply& reply, long double number) {
  if (reply.protocol() == 3) {
    reply.real(static_cast<double>(number));
  } else {
    reply.bulk(format_long_double(number));
  }
}

std::string text_of(int64_t number) { return std::to_string(number); }
std::string text_of(long double number) { return format_long_double(number); }

/// The moment the key is to expire at; kKeepExpiry where its time to live does not change.
std::optional<int64_t> new_expiry(Call& call, const IncrexOptions& options, const Entry* entry) {
  if (options.expiry.persist) return Keyspace::kNoExpiry;
  if (!options.expiry.given()) return Keyspace::kKeepExpiry;
  const auto at_ms = read_moment(call, options.expiry.text, options.expiry.unit);
  if (!at_ms) return std::nullopt;
  const bool has = entry != nullptr && entry->has_expiry();
  return options.only_without_expiry && has ? Keyspace::kKeepExpiry : *at_ms;
}

void store_number(Call& call, const Key& key, const Entry* entry, Bytes text, bool real,
                  int64_t expires_at_ms) {
  if (expires_at_ms >= 0 && expires_at_ms <= call.now_ms()) {
    if (entry != nullptr) {
      call.expire(key, call.session.database);
      ++call.shard_of(key).changes;
    }
    return;
  }
  const bool persists = expires_at_ms == Keyspace::kNoExpiry && entry != nullptr && entry->has_expiry();
  if (call.logged()) log_stored_string(call, key, text, expires_at_ms);
  if (real) {
    Value stored;
    stored.inside = text;  // as text even when it is an integer, as INCRBYFLOAT stores it
    call.keyspace(key).put(key, std::move(stored), expires_at_ms);
  } else {
    call.keyspace(key).set_string(key, text, expires_at_ms);
  }
  if (entry == nullptr) call.made(key);
  call.changed(key, kEventString, real ? "incrbyfloat" : "incrby");
  if (expires_at_ms >= 0) {
    call.runtime.note_expiry();
    call.notify(key, call.session.database, kEventGeneric, "expire");
  } else if (persists) {
    call.notify(key, call.session.database, kEventGeneric, "persist");
  }
}

template <typename Number>
void add_within(Call& call, const IncrexOptions& options, Number lowest, Number highest) {
  const auto steps = read_steps(call, options, lowest, highest);
  if (!steps) return;
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  const auto expires_at_ms = new_expiry(call, options, entry);
  if (!expires_at_ms) return;
  const auto value = number_of(call, entry, Number{});
  if (!value) return;
  const auto sum = bounded_sum(*value, *steps, options.saturate);
  Number added{};
  if (sum && !subtract(*sum, *value, added)) {
    call.error(options.real ? errors::kNotFinite : errors::kOverflow);
    return;
  }
  call.reply.array(2);
  reply_number(call.reply, sum.value_or(*value));
  reply_number(call.reply, added);
  if (sum) store_number(call, key, entry, text_of(*sum), options.real, *expires_at_ms);
}

void increx(Call& call) {
  IncrexOptions options;
  if (!read_increx_options(call, options)) return;
  if (options.real) {
    add_within<long double>(call, options, -LDBL_MAX, LDBL_MAX);
  } else {
    add_within<int64_t>(call, options, INT64_MIN, INT64_MAX);
  }
}

constexpr CommandRow kRows[] = {
    {.name = "increx", .arity = -2, .flags = kWrite | kDenyOom | kFast, .categories = kAclString,
     .keys = kOneAccessUpdate, .group = "string", .since = "8.8.0", .complexity = "O(1)",
     .summary = "Adds to the number a key holds, within bounds, and sets its time to live.",
     .syntax = "key [BYFLOAT increment:double|BYINT increment:integer] [SATURATE] "
               "[LBOUND lowerbound] [UBOUND upperbound] [EX seconds|PX milliseconds|"
               "EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] [ENX]",
     .handler = increx},
};

}  // namespace

CommandFamily increx_commands() { return kRows; }

}  // namespace kevy
