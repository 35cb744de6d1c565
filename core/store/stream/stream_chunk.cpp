#include "store/stream/stream_chunk.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "base/memory.h"

namespace kevy {

namespace {

constexpr uint64_t kDeleted = 1, kSameFields = 2;
constexpr unsigned kFlagBits = 2;

size_t number_size(uint64_t number) noexcept {
  size_t size = 1;
  for (; number >= 0x80; number >>= 7) ++size;
  return size;
}

char* write_number(char* to, uint64_t number) noexcept {
  for (; number >= 0x80; number >>= 7) *to++ = static_cast<char>(number | 0x80);
  *to++ = static_cast<char>(number);
  return to;
}

inline uint64_t read_number(const char*& at) noexcept {
  uint64_t number = static_cast<uint8_t>(*at++);
  if (number < 0x80) [[likely]]
    return number;
  number &= 0x7f;
  for (unsigned shift = 7;; shift += 7) {
    const auto next = static_cast<uint8_t>(*at++);
    number |= static_cast<uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return number;
  }
}

// The same with its bytes in the reverse order, to be read from its end.
char* write_number_back(char* to, uint64_t number) noexcept {
  char* const end = to + number_size(number);
  for (char* at = end; number >= 0x80; number >>= 7) *--at = static_cast<char>(number | 0x80);
  *to = static_cast<char>(number);
  return end;
}

// `end`: where it ends, and then where it starts.
uint64_t read_number_back(const char*& end) noexcept {
  uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto next = static_cast<uint8_t>(*--end);
    number |= static_cast<uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return number;
  }
}

// What an element of `size` bytes takes in a listpack: with its length behind it.
size_t listpack_element(size_t size) noexcept {
  if (size <= 127) return size + 1;
  if (size < 16383) return size + 2;
  if (size < 2097151) return size + 3;
  return size + (size < 268435455 ? 4 : 5);
}
size_t listpack_size(Bytes value) noexcept { return listpack_element(Packing(value).size()); }
size_t listpack_size(uint64_t number) noexcept {
  return listpack_element(Packing(static_cast<int64_t>(number)).size());
}

size_t listpack_size(Args values) noexcept {
  size_t size = 0;
  for (const Bytes value : values) size += listpack_size(value);
  return size;
}

}  // namespace

// The number before the body of an entry.
struct StreamChunk::Head {
  uint64_t bits;
  const char* body;

  bool deleted() const noexcept { return (bits & kDeleted) != 0; }
  bool same_fields() const noexcept { return (bits & kSameFields) != 0; }
  size_t body_size() const noexcept { return bits >> kFlagBits; }
  /// Where the next entry is; `at`: where this one is.
  const char* end(const char* at) const noexcept {
    const char* const body_end = body + body_size();
    return body_end + number_size(static_cast<size_t>(body_end - at));
  }
};

inline StreamChunk::Head StreamChunk::head_at(uint32_t at) const noexcept {
  const char* from = data() + at;
  const uint64_t bits = read_number(from);
  return {bits, from};
}

StreamChunk* StreamChunk::allocate(size_t capacity) {
  KEVY_CHECK(capacity < UINT32_MAX - sizeof(StreamChunk));
  void* const memory = std::malloc(sizeof(StreamChunk) + capacity);
  if (memory == nullptr) throw std::bad_alloc();
  auto* const chunk = new (memory) StreamChunk;
  chunk->capacity_ = static_cast<uint32_t>(capacity);
  return chunk;
}

void StreamChunk::free(StreamChunk* chunk) noexcept { std::free(chunk); }

size_t StreamChunk::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<StreamChunk*>(this));
}

size_t StreamChunk::body_size(const StreamChunk& chunk, StreamId id, Args fields,
                              bool same) noexcept {
  const uint64_t ms = id.ms - chunk.first_id_.ms;
  size_t size = number_size(ms) + number_size(ms == 0 ? id.seq - chunk.first_id_.seq : id.seq);
  if (!same) size += number_size(fields.size() / 2);
  for (size_t i = same ? 1 : 0; i < fields.size(); i += same ? 2 : 1) {
    size += Packing(fields[i]).size();
  }
  return size;
}

StreamChunk* StreamChunk::make(StreamId id, Args fields) {
  StreamChunk head;
  head.first_id_ = id;
  const size_t body = body_size(head, id, fields, true);
  const size_t before = number_size(body << kFlagBits) + body;
  size_t names = 0;
  for (size_t i = 0; i < fields.size(); i += 2) names += Packing(fields[i]).size();
  StreamChunk* const chunk = allocate(names + before + number_size(before));
  chunk->first_id_ = id;
  chunk->field_count_ = static_cast<uint32_t>(fields.size() / 2);
  char* to = chunk->data();
  size_t listpack = 0;
  for (size_t i = 0; i < fields.size(); i += 2) {
    to = Packing(fields[i]).write(to);
    listpack += listpack_size(fields[i]);
  }
  chunk->size_ = chunk->entries_at_ = chunk->live_at_ = static_cast<uint32_t>(names);
  chunk->listpack_entries_ = listpack;
  chunk->write(id, fields, true, body);
  return chunk;
}

void StreamChunk::copy_to(void* to) const noexcept { std::memcpy(to, this, copied_bytes()); }

StreamChunk* StreamChunk::copy_of(const StreamChunk& chunk) {
  StreamChunk* const copy = allocate(chunk.size_);
  std::memcpy(static_cast<void*>(copy), &chunk, sizeof chunk + chunk.size_);
  copy->capacity_ = chunk.size_;
  return copy;
}

// Whether these are the names of the first entry's fields.
bool StreamChunk::has_fields(Args fields) const noexcept {
  if (fields.size() != size_t{2} * field_count_) return false;
  const char* at = data();
  for (size_t i = 0; i < fields.size(); i += 2) {
    if (!Packing(fields[i]).equals(at)) return false;
    at += packed_size(at);
  }
  return true;
}

// There is room for it.
void StreamChunk::write(StreamId id, Args fields, bool same, size_t body_size) noexcept {
  char* const begin = data() + size_;
  const uint64_t ms = id.ms - first_id_.ms;
  char* to = write_number(begin, body_size << kFlagBits | (same ? kSameFields : 0));
  to = write_number(to, ms);
  to = write_number(to, ms == 0 ? id.seq - first_id_.seq : id.seq);
  if (!same) to = write_number(to, fields.size() / 2);
  for (size_t i = same ? 1 : 0; i < fields.size(); i += same ? 2 : 1) {
    to = Packing(fields[i]).write(to);
  }
  to = write_number_back(to, static_cast<uint64_t>(to - begin));
  if (count_ == 0) live_at_ = size_;
  size_ = static_cast<uint32_t>(to - data());
  ++count_;
  count_listpack(id, fields, same);
}

// Flags, the differences of both numbers, the fields, and how many elements that were.
void StreamChunk::count_listpack(StreamId id, Args fields, bool same) noexcept {
  size_t size = listpack_size(uint64_t{0}) + listpack_size(id.ms - first_id_.ms) +
                listpack_size(id.seq - first_id_.seq);
  const size_t pairs = fields.size() / 2;
  if (same) {
    for (size_t i = 1; i < fields.size(); i += 2) size += listpack_size(fields[i]);
    size += listpack_size(pairs + 3);
  } else {
    size += listpack_size(pairs) + listpack_size(fields) + listpack_size(2 * pairs + 4);
  }
  listpack_entries_ += size;
}

size_t StreamChunk::listpack_bytes() const noexcept {
  constexpr size_t kHeaderAndEnd = 7;
  return kHeaderAndEnd + listpack_size(uint64_t{count_}) + listpack_size(uint64_t{deleted_}) +
         listpack_size(uint64_t{field_count_}) + listpack_size(uint64_t{0}) + listpack_entries_;
}

bool StreamChunk::is_full(size_t bytes, const StreamChunkLimit& limit) const noexcept {
  constexpr uint64_t kBytesMax = uint64_t{1} << 30;
  const uint64_t bytes_max = limit.bytes == 0 || limit.bytes > kBytesMax ? kBytesMax : limit.bytes;
  if (listpack_bytes() + bytes >= bytes_max) return true;
  return limit.entries != 0 && uint64_t{count_} + deleted_ >= limit.entries;
}

void StreamChunk::append(StreamChunk*& chunk, StreamId id, Args fields, bool alike) {
  const bool same = alike || chunk->has_fields(fields);
  const size_t body = body_size(*chunk, id, fields, same);
  const size_t before = number_size(body << kFlagBits) + body;
  const size_t needed = chunk->size_ + before + number_size(before);
  if (needed > chunk->capacity_) {
    const size_t capacity = std::max<size_t>(needed, size_t{chunk->capacity_} * 3 / 2);
    KEVY_CHECK(capacity < UINT32_MAX - sizeof(StreamChunk));
    void* const larger = std::realloc(static_cast<void*>(chunk), sizeof(StreamChunk) + capacity);
    if (larger == nullptr) throw std::bad_alloc();
    chunk = static_cast<StreamChunk*>(larger);
    chunk->capacity_ = static_cast<uint32_t>(capacity);
  }
  chunk->write(id, fields, same, body);
}

void StreamChunk::shrink(StreamChunk*& chunk) noexcept {
  if (chunk->capacity_ == chunk->size_) return;
  void* const smaller = std::realloc(static_cast<void*>(chunk), sizeof(StreamChunk) + chunk->size_);
  if (smaller == nullptr) return;
  chunk = static_cast<StreamChunk*>(smaller);
  chunk->capacity_ = chunk->size_;
}

inline StreamId StreamChunk::id_in(const char*& body) const noexcept {
  const uint64_t ms = read_number(body);
  const uint64_t seq = read_number(body);
  return {first_id_.ms + ms, ms == 0 ? first_id_.seq + seq : seq};
}

StreamId StreamChunk::id_at(uint32_t at) const noexcept {
  const char* body = head_at(at).body;
  return id_in(body);
}

// Where the entry starts that ends at `end`; kNowhere where the first one starts.
uint32_t StreamChunk::start_before(uint32_t end) const noexcept {
  if (end == entries_at_) return kNowhere;
  const char* at = data() + end;
  const uint64_t size = read_number_back(at);
  return static_cast<uint32_t>(at - size - data());
}

uint32_t StreamChunk::find_from(StreamId id) const noexcept {
  const char* const end = data() + size_;
  for (const char* at = data() + live_at_; at != end;) {
    const Head head = head_at(static_cast<uint32_t>(at - data()));
    const char* body = head.body;
    if (!head.deleted() && id_in(body) >= id) return static_cast<uint32_t>(at - data());
    at = head.end(at);
  }
  return kNowhere;
}

uint32_t StreamChunk::find_back_from(StreamId id) const noexcept {
  for (uint32_t at = start_before(size_); at != kNowhere; at = start_before(at)) {
    const Head head = head_at(at);
    const char* body = head.body;
    if (!head.deleted() && id_in(body) <= id) return at;
  }
  return kNowhere;
}

uint32_t StreamChunk::next(uint32_t at) const noexcept {
  do {
    const char* const from = data() + at;
    at = static_cast<uint32_t>(head_at(at).end(from) - data());
    if (at == size_) return kNowhere;
  } while (head_at(at).deleted());
  return at;
}

uint32_t StreamChunk::previous(uint32_t at) const noexcept {
  do {
    at = start_before(at);
  } while (at != kNowhere && head_at(at).deleted());
  return at;
}

StreamEntry StreamChunk::read(uint32_t at) const noexcept {
  const Head head = head_at(at);
  const char* body = head.body;
  StreamEntry entry;
  entry.id = id_in(body);
  entry.deleted = head.deleted();
  if (head.same_fields()) {
    entry.field_count = field_count_;
    entry.names = data();
  } else {
    entry.field_count = static_cast<uint32_t>(read_number(body));
  }
  entry.values = body;
  return entry;
}

void StreamChunk::erase(uint32_t at) noexcept {
  data()[at] = static_cast<char>(static_cast<uint8_t>(data()[at]) | kDeleted);
  --count_;
  ++deleted_;
  if (at != live_at_) return;
  const uint32_t live = next(at);
  live_at_ = live != kNowhere ? live : size_;
}

void StreamChunk::take_back(const Mark& mark) noexcept {
  size_ = mark.size;
  live_at_ = mark.live_at;
  count_ = mark.count;
  listpack_entries_ = mark.listpack_entries;
}

}  // namespace kevy
