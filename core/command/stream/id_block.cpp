#include "command/stream/id_block.h"

namespace kevy {

bool read_id_block(Call& call, Options& options, StreamIdBlock& block) {
  const auto number = parse_int64(options.value());
  if (!number || *number < 1) {
    call.error("ERR Number of IDs must be a positive integer");
    return false;
  }
  if (static_cast<uint64_t>(*number) > call.argc() - options.at()) {
    call.error("ERR The `numids` parameter must match the number of arguments");
    return false;
  }
  block.given = true;
  for (int64_t i = 0; i < *number; ++i) {
    const auto id = stream_id_argument(call, options.value());
    if (!id) return false;
    block.ids.push_back(*id);
  }
  return true;
}

}  // namespace kevy
