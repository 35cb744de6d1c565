// Streams: entries from one id to another.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream/arguments.h"

namespace kevy {

namespace {

// Below zero: all. Answers the error of anything else.
std::optional<int64_t> read_count(Call& call) {
  int64_t count = -1;
  for (Options options(call.args, 4); !options.done();) {
    if (!options.next_is("count", 1)) {
      call.error(errors::kSyntax);
      return std::nullopt;
    }
    const auto number = integer_argument(call, options.value());
    if (!number) return std::nullopt;
    count = std::max<int64_t>(*number, 0);
  }
  return count;
}

void range(Call& call, Bytes from, Bytes to, StreamCursor::Way way) {
  const auto range = stream_range_arguments(call, from, to);
  if (!range) return;
  const auto count = read_count(call);
  if (!count) return;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kStream);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.array(0);
  } else if (*count == 0) {
    call.reply.null_array();
  } else {
    const bool up = way == StreamCursor::Way::kUp;
    answer_stream_range(call.reply, stream_of(*entry), up ? range->from : range->to,
                        up ? range->to : range->from, way, static_cast<uint64_t>(*count));
  }
}

void xrange(Call& call) { range(call, call.args[2], call.args[3], StreamCursor::Way::kUp); }
void xrevrange(Call& call) { range(call, call.args[3], call.args[2], StreamCursor::Way::kDown); }

constexpr CommandRow kRows[] = {
    {.name = "xrange",
     .arity = -4,
     .flags = kReadonly,
     .categories = kAclStream,
     .keys = kOneReadAccess,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in the entries answered",
     .summary = "Answers the entries of a stream from one id to another.",
     .syntax = "key start end [COUNT count]",
     .handler = xrange},
    {.name = "xrevrange",
     .arity = -4,
     .flags = kReadonly,
     .categories = kAclStream,
     .keys = kOneReadAccess,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in the entries answered",
     .summary = "Answers the entries of a stream from one id down to another.",
     .syntax = "key end start [COUNT count]",
     .handler = xrevrange},
};

}  // namespace

CommandFamily stream_range_commands() { return kRows; }

}  // namespace kevy
