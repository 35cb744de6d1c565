// The arguments of XREAD and XREADGROUP: options, then STREAMS, and as many ids as keys.
#pragma once

#include "command/stream/arguments.h"

namespace kevy {

struct StreamReadArguments {
  std::optional<int64_t> deadline_us;  // BLOCK
  uint64_t count = 0;                  // 0: all
  Bytes group, consumer;
  bool has_group = false;
  bool no_ack = false;
  int64_t claim_idle_ms = -1;  // CLAIM; below zero: not given
  size_t keys_at = 0;          // where the first key stands
  size_t keys = 0;

  Bytes id(Call& call, size_t i) const noexcept { return call.args[keys_at + keys + i]; }
  Args all_keys(Call& call) const noexcept { return call.args.subspan(keys_at, keys); }
  Key key(Call& call, size_t i) const { return call.key(keys_at + i); }
};

/// Answers the error of wrong ones.
std::optional<StreamReadArguments> read_stream_read_arguments(Call& call, bool of_group);

}  // namespace kevy
