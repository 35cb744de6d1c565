// XREAD: the entries of streams that came after an id.
#include <vector>

#include "command/families.h"
#include "command/stream/read_arguments.h"

namespace kevy {

namespace {

/// A stream and what was found of it.
struct ReadStream {
  size_t number;  // of the key among the arguments
  const StreamObject* stream;
  StreamId from;
};

// The id that entries are to come after, as it stands now: for $ that of the last entry there ever
// was, for + the one before the last entry there is.
std::optional<StreamId> read_after(Call& call, Bytes text, const StreamObject* stream) {
  if (text == "$") return stream == nullptr ? StreamId{} : stream->counts().last_id;
  if (text == "+") {
    StreamId id = stream == nullptr ? StreamId{} : stream->last_entry_id();
    id.step_down();
    return id;
  }
  if (text == ">") {
    call.error(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
        "<consumer> option.");
    return std::nullopt;
  }
  return stream_id_argument(call, text);
}

// When it is run again, $ and + mean what they mean now.
bool wait_behind(Call& call, const StreamReadArguments& read,
                 const std::vector<StreamId>& positions) {
  std::vector<std::string> texts;
  texts.reserve(positions.size());
  for (const StreamId id : positions) texts.push_back(stream_id_text(id));
  std::vector<Bytes> words(call.args.begin(), call.args.end());
  std::copy(texts.begin(), texts.end(), words.end() - static_cast<ptrdiff_t>(texts.size()));
  return call.suspend({.keys = read.all_keys(call),
                       .wanted = wanted(Type::kStream),
                       .deadline_us = *read.deadline_us,
                       .words = words});
}

void xread(Call& call) {
  const auto read = read_stream_read_arguments(call, false);
  if (!read) return;
  std::vector<ReadStream> found;
  std::vector<StreamId> positions;
  for (size_t i = 0; i < read->keys; ++i) {
    const auto [entry, wrong] = find_to_read(call, read->key(call, i), Type::kStream);
    if (wrong) return;
    const StreamObject* const stream = entry == nullptr ? nullptr : &stream_of(*entry);
    const Bytes text = read->id(call, i);
    auto after = read_after(call, text, stream);
    if (!after) return;
    positions.push_back(*after);
    if (stream == nullptr || stream->length() == 0 || stream->last_entry_id() <= *after) continue;
    after->step_up();
    found.push_back({i, stream, *after});
  }
  if (found.empty()) {
    if (!read->deadline_us || !wait_behind(call, *read, positions)) call.reply.null_array();
    return;
  }
  const bool map = call.reply.protocol() > 2;
  if (map) {
    call.reply.map(found.size());
  } else {
    call.reply.array(found.size());
  }
  for (const ReadStream& one : found) {
    if (!map) call.reply.array(2);
    call.reply.bulk(read->key(call, one.number).bytes);
    answer_stream_range(call.reply, *one.stream, one.from, StreamId::max(), StreamCursor::Way::kUp,
                        read->count == 0 ? UINT64_MAX : read->count);
  }
}

constexpr KeySpec kKeys[] = {{1, -1, 1, kKeyRO | kKeyAccess, KeySearch::kKeywordHalf, "STREAMS"}};

constexpr CommandRow kRows[] = {
    {.name = "xread",
     .arity = -4,
     .flags = kReadonly | kBlocking | kMovableKeys,
     .categories = kAclStream,
     .keys = kKeys,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in the entries answered",
     .summary = "Answers the entries of streams that came after an id.",
     .syntax = "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
     .handler = xread},
};

}  // namespace

CommandFamily stream_read_commands() { return kRows; }

}  // namespace kevy
