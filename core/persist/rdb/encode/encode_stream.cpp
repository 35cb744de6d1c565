#include <string>
#include <vector>

#include "persist/rdb/encode/encode.h"
#include "persist/rdb/listpack.h"
#include "store/stream/stream_cursor.h"

namespace kevy {

namespace {

// An entry in a piece of a stream, as a listpack has it:
//
//   first the piece:  count | deleted | number of names | names | 0
//   each entry:       flags | milliseconds and number, from the piece's id on | number of fields,
//                     names and values, or values alone | how many elements that was
constexpr int64_t kSameFields = 2;
constexpr int64_t kNumbersOfEntry = 3;  // that come in front of fields

void write_id(RdbWriter& writer, StreamId id) {
  for (uint64_t number : {id.ms, id.seq}) {
    char digits[8];
    for (size_t i = sizeof digits; i-- != 0; number >>= 8) digits[i] = static_cast<char>(number);
    writer.bytes({digits, sizeof digits});
  }
}

void write_id_as_lengths(RdbWriter& writer, StreamId id) {
  writer.length(id.ms);
  writer.length(id.seq);
}

// The entries of a chunk, which are written together: so chunks end where they did when they are read.
class Piece {
 public:
  void add(const StreamEntry& entry) {
    if (bodies_.empty()) {
      first_ = entry.id;
      names_ = names_of(entry);
      names_at_ = entry.names;
      names_alike_ = true;
    }
    same_.push_back(has_names(entry));
    bodies_.push_back(entry);
  }
  void write(RdbWriter& writer) {
    listpack_.clear();
    number(static_cast<int64_t>(bodies_.size()));
    number(0);
    number(static_cast<int64_t>(names_.size()));
    for (const std::string& name : names_) listpack_.add(Bytes(name));
    number(0);
    for (size_t i = 0; i < bodies_.size(); ++i) add_body(bodies_[i], same_[i]);
    if (listpack_.disputed()) writer.need(RdbVersion::kActiveTimes);
    writer.length(2 * sizeof(uint64_t));
    write_id(writer, first_);
    writer.string(listpack_.finish());
    bodies_.clear();
    same_.clear();
  }

 private:
  static std::vector<std::string> names_of(const StreamEntry& entry) {
    std::vector<std::string> names;
    names.reserve(entry.field_count);
    entry.for_each_field([&](Bytes name, Bytes) { names.emplace_back(name); });
    return names;
  }
  // Names that entries share are looked at once.
  bool has_names(const StreamEntry& entry) {
    if (entry.names == nullptr) return names_of(entry) == names_;
    if (entry.names != names_at_) {
      names_at_ = entry.names;
      names_alike_ = names_of(entry) == names_;
    }
    return names_alike_;
  }
  void number(int64_t number) { listpack_.add(number); }
  void add_body(const StreamEntry& entry, bool same) {
    number(same ? kSameFields : 0);
    // Differences may be below zero, or pass the end of what there is: they come out right again.
    number(static_cast<int64_t>(entry.id.ms - first_.ms));
    number(static_cast<int64_t>(entry.id.seq - first_.seq));
    const int64_t fields = entry.field_count;
    if (!same) number(fields);
    entry.for_each_field([&](Bytes name, Bytes value) {
      if (!same) listpack_.add(name);
      listpack_.add(value);
    });
    number(same ? fields + kNumbersOfEntry : 2 * fields + kNumbersOfEntry + 1);
  }

  StreamId first_;
  std::vector<std::string> names_;
  const char* names_at_ = nullptr;  // of the chunk, or nullptr
  bool names_alike_ = true;         // those are names_
  std::vector<StreamEntry> bodies_;
  std::vector<bool> same_;
  ListpackWriter listpack_;
};

// Calls entry(StreamEntry) for each entry, and end() behind the last one of each chunk.
template <typename Visit, typename End>
void for_each_chunk(const StreamObject& stream, const Visit& entry, const End& end) {
  const void* place = nullptr;
  for (StreamCursor at(stream, {}, StreamId::max(), StreamCursor::Way::kUp); at; at.next()) {
    if (place != nullptr && at.place() != place) end();
    place = at.place();
    entry(at.entry());
  }
  if (place != nullptr) end();
}

void write_pieces(RdbWriter& writer, const StreamObject& stream) {
  uint64_t pieces = 0;
  for_each_chunk(stream, [](const StreamEntry&) {}, [&] { ++pieces; });
  writer.length(pieces);
  Piece piece;
  for_each_chunk(
      stream, [&](const StreamEntry& entry) { piece.add(entry); }, [&] { piece.write(writer); });
}

// Entries that were given back belong to nobody, for which the format has no place: they are
// written as those of a consumer without a name that has never been seen.
struct Unowned {
  std::vector<StreamId> ids;
  bool has_consumer = false;  // a consumer without a name is there

  explicit Unowned(const StreamGroup& group) : has_consumer(group.find_consumer({}) != nullptr) {
    for (auto at = group.pending().first(); at; at.next()) {
      if (at.value().owner == nullptr) ids.push_back(at.id());
    }
  }
};

void write_consumer(RdbWriter& writer, RdbType type, Bytes name, int64_t seen_ms,
                    int64_t active_ms) {
  writer.string(name);
  writer.word(static_cast<uint64_t>(seen_ms));
  if (type == RdbType::kStream3) writer.word(static_cast<uint64_t>(active_ms));
}

void write_consumers(RdbWriter& writer, RdbType type, const StreamGroup& group) {
  const Unowned unowned(group);
  const bool further = !unowned.ids.empty() && !unowned.has_consumer;
  writer.length(group.consumer_count() + (further ? 1 : 0));
  const auto write_unowned = [&] {
    for (const StreamId id : unowned.ids) write_id(writer, id);
  };
  group.for_each_consumer([&](const StreamConsumer& consumer) {
    const bool nameless = consumer.key().empty();
    write_consumer(writer, type, consumer.key(), consumer.seen_ms, consumer.active_ms);
    writer.length(consumer.pending.size() + (nameless ? unowned.ids.size() : 0));
    for (auto at = consumer.pending.first(); at; at.next()) write_id(writer, at.id());
    if (nameless) write_unowned();
  });
  if (further) {
    write_consumer(writer, type, {}, 0, StreamConsumer::kNever);
    writer.length(unowned.ids.size());
    write_unowned();
  }
}

void write_group(RdbWriter& writer, RdbType type, const StreamGroup& group) {
  writer.string(group.key());
  write_id_as_lengths(writer, group.last_id);
  writer.length(static_cast<uint64_t>(group.entries_read));
  writer.length(group.pending().size());
  for (auto at = group.pending().first(); at; at.next()) {
    write_id(writer, at.id());
    writer.word(static_cast<uint64_t>(at.value().delivered_ms));
    writer.length(at.value().deliveries);
  }
  write_consumers(writer, type, group);
}

// Whether the older form, in which a consumer was active when it was last seen, tells the same.
bool suits_older_form(const StreamGroup& group) noexcept {
  bool suits = true;
  group.for_each_consumer([&](const StreamConsumer& consumer) {
    suits = suits && consumer.active_ms == consumer.seen_ms;
  });
  for (auto at = group.pending().first(); at && suits; at.next())
    suits = at.value().owner != nullptr;
  return suits;
}

}  // namespace

RdbType rdb_type_of_stream(const StreamObject& stream) noexcept {
  bool older = true;
  stream.for_each_group(
      [&](const StreamGroup& group) { older = older && suits_older_form(group); });
  return older ? RdbType::kStream2 : RdbType::kStream3;
}

void encode_stream(RdbWriter& writer, RdbType type, const StreamObject& stream) {
  if (type == RdbType::kStream3) writer.need(RdbVersion::kActiveTimes);
  write_pieces(writer, stream);
  encode_stream_rest(writer, type, stream);
}

void encode_stream_pieces(RdbWriter& writer, const ElementImages& images) {
  Piece piece;
  images.for_each<StreamChunk>([&](const StreamChunk& chunk, int64_t) {
    for (uint32_t at = chunk.first(); at != StreamChunk::kNowhere; at = chunk.next(at)) {
      piece.add(chunk.read(at));
    }
    piece.write(writer);
  });
}

void encode_stream_rest(RdbWriter& writer, RdbType type, const StreamObject& stream) {
  const StreamObject::Counts& counts = stream.counts();
  writer.length(counts.length);
  write_id_as_lengths(writer, counts.last_id);
  write_id_as_lengths(writer, counts.first_id);
  write_id_as_lengths(writer, counts.max_deleted_id);
  writer.length(counts.entries_added);
  writer.length(stream.group_count());
  stream.for_each_group([&](const StreamGroup& group) { write_group(writer, type, group); });
}

}  // namespace kevy
