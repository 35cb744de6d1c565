#include "command/stream/read_arguments.h"

#include <algorithm>

#include "command/deadline.h"

namespace kevy {

namespace {

bool of_group_only(Call& call, bool of_group, Bytes option) {
  if (of_group) return true;
  call.error("ERR The " + std::string(option) +
             " option is only supported by XREADGROUP. You called XREAD instead.");
  return false;
}

bool read_claim(Call& call, Bytes text, StreamReadArguments& read) {
  const auto idle =
      integer_argument(call, text, "ERR min-idle-time is not an integer or out of range");
  if (!idle) return false;
  if (*idle < 0) {
    call.error("ERR min-idle-time must be a positive integer");
    return false;
  }
  read.claim_idle_ms = *idle;
  return true;
}

// One option before STREAMS; false when it is wrong.
bool read_option(Call& call, Options& options, bool of_group, StreamReadArguments& read) {
  if (options.next_is("block", 1)) {
    read.deadline_us = deadline_argument_ms(call, options.value());
    return read.deadline_us.has_value();
  }
  if (options.next_is("count", 1)) {
    const auto count = integer_argument(call, options.value());
    if (!count) return false;
    read.count = static_cast<uint64_t>(std::max<int64_t>(*count, 0));
    return true;
  }
  if (options.next_is("group", 2)) {
    if (!of_group_only(call, of_group, "GROUP")) return false;
    read.group = options.value();
    read.consumer = options.value();
    read.has_group = true;
    return true;
  }
  if (options.next_is("noack")) {
    if (!of_group_only(call, of_group, "NOACK")) return false;
    read.no_ack = true;
    return true;
  }
  if (of_group && options.next_is("claim", 1)) return read_claim(call, options.value(), read);
  call.error(errors::kSyntax);
  return false;
}

}  // namespace

std::optional<StreamReadArguments> read_stream_read_arguments(Call& call, bool of_group) {
  StreamReadArguments read;
  Options options(call.args, 1);
  while (!options.done()) {
    if (options.next_is("streams", 1)) {
      read.keys_at = options.at();
      break;
    }
    if (!read_option(call, options, of_group, read)) return std::nullopt;
  }
  if (read.keys_at == 0) {
    call.error(errors::kSyntax);
    return std::nullopt;
  }
  const size_t words = call.argc() - read.keys_at;
  if (words % 2 != 0) {
    call.error("ERR Unbalanced '" + std::string(call.row.name) +
               "' list of streams: for each stream key an ID or '" + (of_group ? '>' : '$') +
               "' must be specified.");
    return std::nullopt;
  }
  read.keys = words / 2;
  if (of_group && !read.has_group) {
    call.error("ERR Missing GROUP option for XREADGROUP");
    return std::nullopt;
  }
  return read;
}

}  // namespace kevy
