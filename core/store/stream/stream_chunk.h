// StreamChunk: a piece of a stream: entries that follow each other, in one block of memory.
//
//   header | names of the first entry's fields | entry | entry | ...
//
// An entry is, its numbers in groups of seven bits, the low ones first, all but the last with the
// high bit set:
//
//   size of the body, times 4; + 1: deleted; + 2: its fields are those of the first entry
//   body:  milliseconds since the chunk's first id | number within its millisecond |
//          how many fields, if they are not those of the first entry | value, or name and value, of
//          each as packed elements
//   size of all before this, the low group last: so that entries are found backwards too
//
// The number within a millisecond counts from that of the chunk's first id where the milliseconds
// are the same.
//
// Where a chunk ends decides what an approximate trimming removes. So that it ends where that of
// the reference does, it counts what it would take there: as a listpack, with the lengths behind
// each element and the entries deleted.
//
// Knows only bytes and ids. Touched by the holder of the shard's lock alone.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "store/packed/packed.h"
#include "store/stream/stream_id.h"

namespace kevy {

class StreamChunk;

/// An entry as it is read. Good until its chunk changes.
struct StreamEntry {
  StreamId id;
  bool deleted = false;
  uint32_t field_count = 0;
  const char* names = nullptr;   // of the chunk's first entry; nullptr: they are among the values
  const char* values = nullptr;  // the packed elements

  /// visit(Bytes name, Bytes value) for each field, in order.
  template <typename Visit>
  void for_each_field(Visit&& visit) const {
    char name_digits[kIntegerTextMax], value_digits[kIntegerTextMax];
    const char* name = names;
    const char* value = values;
    for (uint32_t i = 0; i < field_count; ++i) {
      const char*& name_at = names != nullptr ? name : value;
      const Bytes name_text = read_packed(name_at).text(name_digits);
      name_at += packed_size(name_at);
      visit(name_text, read_packed(value).text(value_digits));
      value += packed_size(value);
    }
  }
};

/// Up to where a chunk is filled, as the settings say it. 0: no limit.
struct StreamChunkLimit {
  uint64_t bytes = 4096;
  uint64_t entries = 100;
};

class StreamChunk {
 public:
  /// What may be added to one stream in one entry.
  static constexpr size_t kEntryMax = size_t{1} << 30;

  /// A chunk with one entry, of fields and values in turn.
  static StreamChunk* make(StreamId id, Args fields);
  static StreamChunk* copy_of(const StreamChunk& chunk);
  static void free(StreamChunk* chunk) noexcept;
  /// The same to memory that is there, at a multiple of 8: to be read, and no more.
  void copy_to(void* to) const noexcept;
  size_t copied_bytes() const noexcept { return sizeof(StreamChunk) + size_; }
  StreamChunk(const StreamChunk&) = delete;
  StreamChunk& operator=(const StreamChunk&) = delete;

  /// Of the first entry, deleted or not: what it is called in the stream's tree.
  StreamId first_id() const noexcept { return first_id_; }
  /// Entries that are not deleted.
  uint32_t count() const noexcept { return count_; }
  uint32_t deleted() const noexcept { return deleted_; }
  size_t memory_bytes() const noexcept;
  /// All names and entries as they lie there.
  Bytes entry_bytes() const noexcept { return {data(), size_}; }
  /// What the reference's listpack of these entries takes.
  size_t listpack_bytes() const noexcept;

  /// Whether an entry with `bytes` bytes of names and values is to come into another chunk.
  bool is_full(size_t bytes, const StreamChunkLimit& limit) const noexcept;
  /// Adds an entry with a higher id than all. `alike`: it is known that its fields are those of the
  /// first entry. `chunk` may move. Throws std::bad_alloc, and nothing has changed.
  static void append(StreamChunk*& chunk, StreamId id, Args fields, bool alike = false);
  /// What an append changes beside the bytes behind the last entry.
  struct Mark {
    uint32_t size, live_at, count;
    size_t listpack_entries;
  };
  Mark mark() const noexcept { return {size_, live_at_, count_, listpack_entries_}; }
  /// Takes back what was appended since.
  void take_back(const Mark& mark) noexcept;
  /// Gives back what has not been used, if there is memory to move to.
  static void shrink(StreamChunk*& chunk) noexcept;

  // Places of entries, as offsets. Those of deleted ones are places too.
  static constexpr uint32_t kNowhere = UINT32_MAX;
  /// The first entry that is not deleted and does not come before `id`, or kNowhere.
  uint32_t find_from(StreamId id) const noexcept;
  /// The last entry that is not deleted and does not come after `id`, or kNowhere.
  uint32_t find_back_from(StreamId id) const noexcept;
  /// The next or the previous one that is not deleted, or kNowhere.
  uint32_t next(uint32_t at) const noexcept;
  uint32_t previous(uint32_t at) const noexcept;
  uint32_t first() const noexcept { return count_ != 0 ? live_at_ : kNowhere; }
  uint32_t last() const noexcept { return previous(size_); }
  /// Of the last entry, deleted or not.
  StreamId last_id() const noexcept { return id_at(start_before(size_)); }
  StreamEntry read(uint32_t at) const noexcept;
  StreamId id_at(uint32_t at) const noexcept;

  /// Marks an entry as deleted that is not.
  void erase(uint32_t at) noexcept;

 private:
  StreamChunk() = default;
  struct Head;

  static StreamChunk* allocate(size_t capacity);
  static size_t body_size(const StreamChunk& chunk, StreamId id, Args fields, bool same) noexcept;
  void write(StreamId id, Args fields, bool same, size_t body_size) noexcept;
  bool has_fields(Args fields) const noexcept;
  void count_listpack(StreamId id, Args fields, bool same) noexcept;
  Head head_at(uint32_t at) const noexcept;
  uint32_t start_before(uint32_t end) const noexcept;
  StreamId id_in(const char*& body) const noexcept;
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }

  StreamId first_id_;
  uint32_t capacity_;
  uint32_t size_ = 0;         // of names and entries
  uint32_t entries_at_ = 0;   // where the first entry is
  uint32_t live_at_ = 0;      // where the first one is that is not deleted, or the end
  uint32_t field_count_ = 0;  // of the first entry
  uint32_t count_ = 0;
  uint32_t deleted_ = 0;
  size_t listpack_entries_ = 0;
};

}  // namespace kevy
