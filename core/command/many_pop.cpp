#include "command/many_pop.h"

namespace kevy {

std::optional<ManyPop> read_many_pop(Call& call, size_t counted_at, const EndNames& ends) {
  const auto refuse = [&](Bytes text) {
    call.error(text);
    return std::nullopt;
  };
  const auto keys = parse_int64(call.args[counted_at]);
  if (!keys || *keys < 1) return refuse("ERR numkeys should be greater than 0");
  if (static_cast<uint64_t>(*keys) >= call.argc() - counted_at - 1) return refuse(errors::kSyntax);
  ManyPop pop{.keys = call.args.subspan(counted_at + 1, static_cast<size_t>(*keys))};
  Options options(call.args, counted_at + 1 + pop.keys.size());
  const Bytes end = options.value();
  pop.at_second = equals_ignoring_case(end, ends.second);
  if (!pop.at_second && !equals_ignoring_case(end, ends.first)) return refuse(errors::kSyntax);
  for (bool counted = false; !options.done(); counted = true) {
    if (counted || !options.next_is("count", 1)) return refuse(errors::kSyntax);
    const auto count = parse_int64(options.value());
    if (!count || *count < 1) return refuse("ERR count should be greater than 0");
    pop.count = *count;
  }
  return pop;
}

}  // namespace kevy
