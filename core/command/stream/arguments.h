// What the commands on streams read from their arguments and from the settings, and how they answer
// ids and entries.
#pragma once

#include <optional>
#include <string>

#include "command/arguments.h"
#include "command/collection.h"
#include "store/stream/stream.h"

namespace kevy {

inline constexpr Bytes kInvalidStreamId =
    "ERR Invalid stream ID specified as stream command argument";

/// Most digits of an id's text.
inline constexpr size_t kStreamIdTextMax = 41;
/// Writes an id as "ms-seq" to `buffer`, of that many bytes.
Bytes format_stream_id(StreamId id, char* buffer) noexcept;
std::string stream_id_text(StreamId id);

/// The stream of a key, to be changed; nullptr, and the error is answered, where there is none.
StreamObject* require_stream(Call& call, const Key& key);

void answer_stream_id(Reply& reply, StreamId id);
/// Its fields and values, in turn, in an array.
void answer_stream_fields(Reply& reply, const StreamEntry& entry);
/// Its id, and its fields and values in an array of their own.
void answer_stream_entry(Reply& reply, const StreamEntry& entry);
/// At most `count` entries from `from` on, in an array.
void answer_stream_range(Reply& reply, const StreamObject& stream, StreamId from, StreamId to,
                         StreamCursor::Way way, uint64_t count = UINT64_MAX);

/// An id whose number within its millisecond may be missing: then it is `missing_seq`.
std::optional<StreamId> parse_stream_id(Bytes text, uint64_t missing_seq) noexcept;
/// The same; answers the error of anything else.
std::optional<StreamId> stream_id_argument(Call& call, Bytes text, uint64_t missing_seq = 0);
/// The same where - and + stand for the lowest and the highest id.
std::optional<StreamId> open_stream_id_argument(Call& call, Bytes text, uint64_t missing_seq = 0);

/// The first and the last id of a range, each with ( before it where it is not meant itself.
struct StreamRange {
  StreamId from, to;
};
std::optional<StreamRange> stream_range_arguments(Call& call, Bytes from, Bytes to);

inline StreamChunkLimit stream_chunk_limit(Call& call) {
  const Settings& settings = call.runtime.settings();
  const auto value = [](const std::atomic<int64_t>& setting) {
    return static_cast<uint64_t>(setting.load(std::memory_order_relaxed));
  };
  return {value(settings.stream_chunk_bytes), value(settings.stream_chunk_entries)};
}

}  // namespace kevy
