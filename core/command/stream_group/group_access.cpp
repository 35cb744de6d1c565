#include "command/stream_group/group_access.h"

namespace kevy {

FoundGroup require_group(Call& call, Entry* entry, const Key& key, Bytes group, Bytes behind) {
  if (entry != nullptr && entry->type() != Type::kStream) {
    call.error(errors::kWrongType);
    return {};
  }
  StreamObject* const stream =
      entry == nullptr ? nullptr : &stream_to_change(call.keyspace(key), key, *entry);
  StreamGroup* const found = stream == nullptr ? nullptr : stream->find_group(group);
  if (found == nullptr) {
    call.error("NOGROUP No such key '" + std::string(before_nul(key.bytes)) +
               "' or consumer group '" + std::string(before_nul(group)) + "'" +
               std::string(behind));
  }
  return {stream, found};
}

namespace {

template <typename Group>
Group* unless_missing(Call& call, Group* found, const Key& key, Bytes group) {
  if (found == nullptr) {
    call.error("NOGROUP No such consumer group '" + std::string(before_nul(group)) +
               "' for key name '" + std::string(before_nul(key.bytes)) + "'");
  }
  return found;
}

}  // namespace

StreamGroup* require_group(Call& call, StreamObject& stream, const Key& key, Bytes group) {
  return unless_missing(call, stream.find_group(group), key, group);
}

const StreamGroup* require_group(Call& call, const StreamObject& stream, const Key& key,
                                 Bytes group) {
  return unless_missing(call, stream.find_group(group), key, group);
}

void log_pending(Call& call, const Key& key, const StreamGroup& group, Bytes consumer, StreamId id,
                 int64_t delivered_ms, uint64_t deliveries) {
  if (!call.logged()) return;
  char text[kStreamIdTextMax], last[kStreamIdTextMax];
  char digits[kIntegerTextMax], count[kIntegerTextMax];
  call.effect({"XCLAIM", key.bytes, group.key(), consumer, "0", format_stream_id(id, text), "TIME",
               format_int64(delivered_ms, digits), "RETRYCOUNT",
               format_int64(static_cast<int64_t>(deliveries), count), "FORCE", "JUSTID", "LASTID",
               format_stream_id(group.last_id, last)});
}

void log_consumer(Call& call, const Key& key, const StreamGroup& group, Bytes consumer) {
  call.effect({"XGROUP", "CREATECONSUMER", key.bytes, group.key(), consumer});
}

void log_position(Call& call, const Key& key, const StreamGroup& group, StreamId last_id,
                  int64_t entries_read) {
  if (!call.logged()) return;
  char text[kStreamIdTextMax], digits[kIntegerTextMax];
  call.effect({"XGROUP", "SETID", key.bytes, group.key(), format_stream_id(last_id, text),
               "ENTRIESREAD", format_int64(entries_read, digits)});
}

void log_acknowledged(Call& call, const Key& key, const StreamGroup& group,
                      const std::vector<StreamId>& ids) {
  if (!call.logged() || ids.empty()) return;
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const StreamId id : ids) texts.push_back(stream_id_text(id));
  std::vector<Bytes> words = {"XACK", key.bytes, group.key()};
  words.insert(words.end(), texts.begin(), texts.end());
  call.effect(words);
}

}  // namespace kevy
