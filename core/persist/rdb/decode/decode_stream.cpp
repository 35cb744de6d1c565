#include <algorithm>
#include <vector>

#include "persist/rdb/decode/decode.h"
#include "persist/rdb/decode/elements.h"
#include "persist/rdb/decode/late_entries.h"
#include "persist/rdb/listpack.h"
#include "store/stream/stream_lag.h"

namespace kevy {

namespace {

constexpr Bytes kBadPiece = "a piece of a stream is damaged";
constexpr Bytes kBadOrder = "the entries of a stream are out of order";
constexpr Bytes kBadCounts = "what a stream knows of its entries contradicts them";
constexpr Bytes kBadGroup = "a group of a stream is damaged";
constexpr Bytes kNoMemberTwice = "a group or a consumer of a stream comes twice";

constexpr int64_t kDeleted = 1, kSameFields = 2;
constexpr int64_t kNumbersOfEntry = 3;

// One stream being read. Its pieces become chunks, whose entries share the names of fields as those
// of the piece do: the memory and the work are those of the bytes that are read. Entries that are
// out of order are put in order when all have been read.
class StreamDecoder {
 public:
  StreamDecoder(RdbReader& reader, RdbType type)
      : reader_(reader), type_(type), stream_(std::make_unique<StreamObject>()) {}

  std::optional<Value> read() {
    if (!read_pieces() || !put_in_order() || !read_counts() || !read_groups()) return std::nullopt;
    return Value::big(Type::kStream, std::move(stream_));
  }

 private:
  bool fail(Bytes error) {
    reader_.fail(error);
    return false;
  }
  bool good() const noexcept { return !reader_.failed(); }

  StreamId id();
  // Not so far back that what has passed since could not be told.
  int64_t moment() {
    return std::max(static_cast<int64_t>(reader_.word()), StreamConsumer::kNever);
  }
  StreamId id_of_lengths() {
    const uint64_t ms = reader_.length();
    return {ms, reader_.length()};
  }

  // Of a piece.
  bool read_pieces();
  bool read_piece(StreamId first, Listpack listpack);
  bool read_entry(StreamId first, Listpack& listpack);
  bool append(StreamId id, bool same);
  bool put_in_order();
  bool take(Listpack& listpack) {
    if (listpack.done()) return false;
    element_ = listpack.next();
    return true;
  }
  bool take_number(Listpack& listpack, int64_t& number) {
    if (!take(listpack) || !element_.is_integer) return false;
    number = element_.integer;
    return true;
  }
  bool take_text(Listpack& listpack, Elements& to) {
    if (!take(listpack)) return false;
    to.add(element_.text(digits_));
    return true;
  }

  bool read_counts();
  bool read_groups();
  bool read_group();
  bool read_pending(StreamGroup& group);
  bool read_consumer(StreamGroup& group);

  RdbReader& reader_;
  const RdbType type_;
  std::unique_ptr<StreamObject> stream_;

  PackedElement element_;
  char digits_[kIntegerTextMax];
  LateEntries late_;
  size_t piece_ = 0;  // how many there were, and with which id this one begins
  StreamId first_;
  int64_t live_ = 0, deleted_ = 0;
  Elements names_;   // of the piece
  Elements fields_;  // of an entry, names and values, or values alone where the names are the piece's
  enum class Chunk : uint8_t { kNone, kOfOtherNames, kOfNames } chunk_ = Chunk::kNone;  // the piece's
  std::vector<Bytes> words_;
  uint64_t unowned_ = 0;  // of the group's pending entries
};

StreamId StreamDecoder::id() {
  const Bytes bytes = reader_.bytes(2 * sizeof(uint64_t));
  StreamId id;
  if (bytes.empty()) return id;
  for (size_t i = 0; i < sizeof(uint64_t); ++i) {
    id.ms = id.ms << 8 | static_cast<uint8_t>(bytes[i]);
    id.seq = id.seq << 8 | static_cast<uint8_t>(bytes[sizeof(uint64_t) + i]);
  }
  return id;
}

bool StreamDecoder::read_pieces() {
  for (uint64_t left = reader_.length(); left != 0; --left) {
    if (reader_.length() != 2 * sizeof(uint64_t)) return fail(kBadPiece);
    const StreamId first = id();
    const auto listpack = Listpack::open(reader_.string());
    if (!good()) return false;
    ++piece_;
    first_ = first;
    if (!listpack || !read_piece(first, *listpack)) return fail(kBadPiece);
    if (!good()) return false;
  }
  return good();
}

bool StreamDecoder::read_piece(StreamId first, Listpack listpack) {
  int64_t live, deleted, names, zero;
  if (!take_number(listpack, live) || !take_number(listpack, deleted)) return false;
  if (!take_number(listpack, names) || names < 0) return false;
  names_.clear();
  for (; names != 0; --names) {
    if (!take_text(listpack, names_)) return false;
  }
  if (!take_number(listpack, zero) || zero != 0) return false;
  live_ = deleted_ = 0;
  chunk_ = Chunk::kNone;
  while (!listpack.done()) {
    if (!read_entry(first, listpack)) return false;
  }
  return live == live_ && deleted == deleted_;
}

bool StreamDecoder::read_entry(StreamId first, Listpack& listpack) {
  int64_t flags, ms, seq, count, elements;
  if (!take_number(listpack, flags) || flags < 0 || flags > (kDeleted | kSameFields)) return false;
  if (!take_number(listpack, ms) || !take_number(listpack, seq)) return false;
  const StreamId id{first.ms + static_cast<uint64_t>(ms), first.seq + static_cast<uint64_t>(seq)};
  if (id.is_zero()) return fail(kBadOrder);
  const bool same = (flags & kSameFields) != 0;
  count = static_cast<int64_t>(names_.size());
  if (!same && (!take_number(listpack, count) || count < 0 || count > INT32_MAX)) return false;
  fields_.clear();
  for (int64_t left = same ? count : 2 * count; left > 0; --left) {
    if (!take_text(listpack, fields_)) return false;
  }
  const int64_t expected = same ? count + kNumbersOfEntry : 2 * count + kNumbersOfEntry + 1;
  if (!take_number(listpack, elements) || elements != expected) return false;
  if ((flags & kDeleted) != 0) {
    ++deleted_;
    return true;
  }
  ++live_;
  return append(id, same);
}

bool StreamDecoder::append(StreamId id, bool same) {
  const size_t names = same ? names_.bytes() : 0;
  if (fields_.size() == 0 || names + fields_.bytes() > StreamChunk::kEntryMax) return false;
  if (stream_->length() != 0 && id <= stream_->counts().last_id) {
    late_.add(id, piece_, first_, same ? &names_ : nullptr, fields_);
    return true;
  }
  words_.clear();
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (same) words_.push_back(names_[i]);
    words_.push_back(fields_[i]);
  }
  constexpr StreamChunkLimit kAnother{0, 1}, kNoLimit{0, 0};
  const bool opens = chunk_ == Chunk::kNone || (same && chunk_ == Chunk::kOfOtherNames);
  const auto appended =
      stream_->append(id, words_, fields_.bytes(), opens ? kAnother : kNoLimit, same);
  if (appended.opened_chunk) chunk_ = same ? Chunk::kOfNames : Chunk::kOfOtherNames;
  return true;
}

bool StreamDecoder::put_in_order() {
  if (!late_.any()) return true;
  stream_ = late_.merge_with(*stream_);
  return stream_ != nullptr ? true : fail(kBadOrder);
}

// Where ids have begun at lower ones again, the references have streams whose last id is not the
// highest, or that count entries of which another one has taken the place.
bool StreamDecoder::read_counts() {
  const uint64_t length = reader_.length();
  const StreamId last_id = id_of_lengths();
  uint64_t added = length;
  StreamId max_deleted_id;
  if (type_ != RdbType::kStream1) {
    id_of_lengths();  // the first id, which the entries tell
    max_deleted_id = id_of_lengths();
    added = reader_.length();
  }
  if (!good()) return false;
  const StreamId highest = stream_->counts().last_id;
  const bool has_begun_again = late_.any() || last_id < highest;
  if (length != stream_->length() && (!has_begun_again || length < stream_->length())) {
    return fail(kBadCounts);
  }
  if (added < length || added > INT64_MAX) return fail(kBadCounts);
  stream_->set_last_id(std::max(last_id, highest));
  stream_->set_entries_added(added);
  stream_->set_max_deleted_id(max_deleted_id);
  return true;
}

bool StreamDecoder::read_groups() {
  for (uint64_t left = reader_.length(); left != 0; --left) {
    if (!read_group()) return false;
  }
  return good();
}

bool StreamDecoder::read_group() {
  const std::string name(reader_.string());
  const StreamId last_id = id_of_lengths();
  int64_t read = 0;
  if (type_ == RdbType::kStream1) {
    read = entries_up_to(stream_->counts(), last_id);
  } else {
    read = static_cast<int64_t>(reader_.length());
  }
  if (!good()) return false;
  if (read < StreamGroup::kUnknown) return fail(kBadGroup);
  if (stream_->find_group(name) != nullptr) return fail(kNoMemberTwice);
  StreamGroup& group = stream_->add_group(name, last_id, read);
  if (!read_pending(group)) return false;
  for (uint64_t left = reader_.length(); left != 0; --left) {
    if (!read_consumer(group)) return false;
  }
  if (!good()) return false;
  // Without an owner are only those that a consumer without a name stood for.
  uint64_t owned = 0;
  group.for_each_consumer(
      [&](const StreamConsumer& consumer) { owned += consumer.pending.size(); });
  return owned + unowned_ == group.pending().size() ? true : fail(kBadGroup);
}

bool StreamDecoder::read_pending(StreamGroup& group) {
  unowned_ = 0;
  for (uint64_t left = reader_.length(); left != 0; --left) {
    const StreamId id = this->id();
    const int64_t delivered_ms = moment();
    const uint64_t deliveries = reader_.length();
    if (!good()) return false;
    if (group.pending().find(id) != nullptr) return fail(kBadGroup);
    group.add_pending(id, {nullptr, delivered_ms, deliveries});
  }
  return good();
}

bool StreamDecoder::read_consumer(StreamGroup& group) {
  const std::string name(reader_.string());
  const int64_t seen_ms = moment();
  const int64_t active_ms = type_ == RdbType::kStream3 ? moment() : seen_ms;
  uint64_t left = reader_.length();
  if (!good()) return false;
  if (group.find_consumer(name) != nullptr) return fail(kNoMemberTwice);
  const bool nobody = name.empty() && seen_ms == 0 && active_ms == StreamConsumer::kNever;
  StreamConsumer* consumer = nullptr;
  if (!nobody) {
    consumer = &group.add_consumer(name, seen_ms);
    consumer->active_ms = active_ms;
  }
  std::optional<StreamId> before;
  for (; left != 0; --left) {
    const StreamId id = this->id();
    if (!good()) return false;
    const StreamPending* const pending = group.pending().find(id);
    if (pending == nullptr || pending->owner != nullptr) return fail(kBadGroup);
    if (consumer == nullptr) {
      if (before && id <= *before) return fail(kBadGroup);
      before = id;
      ++unowned_;
      continue;
    }
    consumer->pending.insert(id, {});
    group.hand_over(id, {consumer, pending->delivered_ms, pending->deliveries});
  }
  return true;
}

}  // namespace

std::optional<Value> decode_stream(RdbReader& reader, RdbType type) {
  return StreamDecoder(reader, type).read();
}

}  // namespace kevy
