#include "command/expiry_option.h"

namespace kevy {

bool read_expiry_option(Options& options, ExpiryOption& expiry) {
  static constexpr struct {
    Bytes name;
    TimeUnit unit;
  } kUnits[] = {{"ex", {true, false}}, {"px", {false, false}}, {"exat", {true, true}},
                {"pxat", {false, true}}};
  if (expiry.keep || expiry.persist) return false;
  for (const auto& [name, unit] : kUnits) {
    if (expiry.given() && expiry.name != name) continue;
    if (!options.next_is(name, 1)) continue;
    expiry.name = name;
    expiry.unit = unit;
    expiry.text = options.value();
    return true;
  }
  return false;
}

bool read_expiry_or_keep(Options& options, ExpiryOption& expiry) {
  if (expiry.given() || !options.next_is("keepttl")) return read_expiry_option(options, expiry);
  expiry.keep = true;
  return true;
}

bool read_expiry_or_persist(Options& options, ExpiryOption& expiry) {
  if (expiry.given() || !options.next_is("persist")) return read_expiry_option(options, expiry);
  expiry.persist = true;
  return true;
}

std::optional<int64_t> read_moment(Call& call, Bytes text, TimeUnit unit) {
  const auto number = integer_argument(call, text);
  if (!number) return std::nullopt;
  const auto at_ms = *number > 0 ? moment_of(call, *number, unit) : std::nullopt;
  if (!at_ms) call.error(errors::invalid_expiry(call));
  return at_ms;
}

std::optional<int64_t> expiry_of_new(Call& call, const ExpiryOption& expiry) {
  if (expiry.given()) return read_moment(call, expiry.text, expiry.unit);
  return expiry.keep ? Keyspace::kKeepExpiry : Keyspace::kNoExpiry;
}

}  // namespace kevy
