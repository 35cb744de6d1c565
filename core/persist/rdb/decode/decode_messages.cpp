#include "persist/rdb/decode/decode.h"

namespace kevy {

namespace {

using Limits = StreamProducers::Limits;

// Nothing where they are none.
std::optional<Limits> read_limits(RdbReader& reader) {
  const uint64_t seconds = reader.length(), messages = reader.length();
  if (seconds == 0 || seconds > Limits::kSecondsMax) return std::nullopt;
  if (messages == 0 || messages > Limits::kMessagesMax) return std::nullopt;
  return Limits{static_cast<int64_t>(seconds), static_cast<int64_t>(messages)};
}

}  // namespace

bool decode_messages(Bytes field, StreamObject& stream) {
  RdbReader reader(field);
  const auto limits = read_limits(reader);
  const uint64_t added = reader.length(), duplicates = reader.length();
  if (reader.failed() || !limits) return false;
  StreamProducers& producers = stream.find_or_make_producers(*limits);
  if (producers.limits() != *limits) return false;
  while (!reader.at_end()) {
    const std::string producer(reader.string()), message(reader.string());
    const uint64_t ms = reader.length();
    const StreamId entry{ms, reader.length()};
    if (reader.failed() || producer.empty() || message.empty()) return false;
    producers.add(producer, message, entry);
    producers.trim(0);  // none is too old, but there may be too many
  }
  producers.set_counts(added, duplicates);
  return true;
}

}  // namespace kevy
