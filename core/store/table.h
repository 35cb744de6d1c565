// Table: entries by the hash of their key; linear hashing (Litwin, 1980).
//
// The number of buckets follows the number of entries one by one: adding entries splits one bucket
// at a time in a fixed order, removing them merges one at a time. So no insertion ever waits for
// a rehash, and the load stays even.
//
// A bucket is one cache line: a byte of each entry's hash, which of its seven places are taken,
// and seven pointers. A bucket that overflows gives its last place to a link to another one.
// Buckets lie in segments of 1,024, found through a directory.
//
// The bucket number takes the hash's low bits, the byte in the bucket bits 24 to 31; the top half
// is left to choosing a shard.
//
// Knows no key space rules; does not own the entries. One thread at a time.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/entry.h"

namespace kevy {

class Table {
 public:
  explicit Table(const HashSecret& secret) noexcept : secret_(secret) {}
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// Where the entry of `key` is stored, to be read or replaced; nullptr when there is none. Valid
  /// until the next insert or erase.
  Entry** find(Bytes key, uint64_t hash) const noexcept;
  /// Adds an entry whose key is not in the table.
  void insert(Entry* entry, uint64_t hash);
  /// Removes what `slot`, just got from find, stands for.
  void erase(Entry** slot, uint64_t hash) noexcept;

  size_t size() const noexcept { return size_; }
  size_t memory_bytes() const noexcept { return memory_; }

  /// One bucket of a full iteration: visits the bucket that `cursor` points into and returns the
  /// cursor after it, 0 at the end. Any cursor is safe. Cursors run through the buckets in the
  /// order of their bit-reversed numbers, in which a split or merge moves no entry backwards over
  /// the cursor; so what stays in the table from 0 to 0 is visited.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    if (count_ == 0) return 0;
    uint64_t mask = base_ - 1;
    if ((cursor & mask) < count_ - base_) mask = 2 * base_ - 1;
    visit_bucket(cursor & mask, visit);
    cursor |= ~mask;
    return reverse(reverse(cursor) + 1);
  }

  /// An entry, each with the same chance; nullptr when empty.
  Entry* random(Random& random) const noexcept;

  /// A hint that `hash` is about to be looked up.
  void prefetch(uint64_t hash) const noexcept {
    if (count_ != 0) __builtin_prefetch(&bucket(hash));
  }

 private:
  static constexpr size_t kPlaces = 7;
  static constexpr uint64_t kSegmentBuckets = 1024;
  static constexpr unsigned kSegmentBits = 10;

  struct alignas(64) Bucket {
    static constexpr uint8_t kLinked = 0x80;
    uint8_t tags[kPlaces];
    uint8_t taken;  // a bit a place; kLinked: the last place is a link
    Entry* entries[kPlaces];
    Bucket* next() const noexcept { return reinterpret_cast<Bucket*>(entries[kPlaces - 1]); }
    void set_next(Bucket* b) noexcept { entries[kPlaces - 1] = reinterpret_cast<Entry*>(b); }
    bool linked() const noexcept { return (taken & kLinked) != 0; }
    uint8_t all_places() const noexcept { return linked() ? 0x3f : 0x7f; }
    uint8_t occupied() const noexcept { return taken & all_places(); }
  };
  static_assert(sizeof(Bucket) == 64);

  static uint8_t tag_of(uint64_t hash) noexcept { return static_cast<uint8_t>(hash >> 24); }
  static uint64_t reverse(uint64_t bits) noexcept;

  uint64_t bucket_number(uint64_t hash) const noexcept {
    const uint64_t number = hash & (2 * base_ - 1);
    return number < count_ ? number : number & (base_ - 1);
  }
  Bucket& bucket_at(uint64_t number) const noexcept {
    return segments_[number >> kSegmentBits][number & (kSegmentBuckets - 1)];
  }
  Bucket& bucket(uint64_t hash) const noexcept { return bucket_at(bucket_number(hash)); }

  template <typename Visit>
  void visit_bucket(uint64_t number, Visit&& visit) const {
    for (const Bucket* b = &bucket_at(number);; b = b->next()) {
      for (unsigned places = b->occupied(); places != 0; places &= places - 1) {
        visit(*b->entries[std::countr_zero(places)]);
      }
      if (!b->linked()) return;
    }
  }

  void place(Bucket& first, Entry* entry, uint8_t tag);
  void release_chain(Bucket& first) noexcept;
  void add_bucket();
  void release_memory() noexcept;
  void split();
  void merge() noexcept;
  Bucket* new_overflow();
  size_t chain_length(uint64_t number) const noexcept;

  const HashSecret& secret_;
  size_t size_ = 0;
  uint64_t count_ = 0;  // buckets; base_ <= count_ <= 2 * base_
  uint64_t base_ = 1;   // a power of two; buckets below count_ - base_ have been split
  std::vector<Bucket*> segments_;
  uint64_t first_segment_capacity_ = 0;
  Bucket* spare_ = nullptr;  // free overflow buckets, linked
  std::vector<Bucket*> overflow_chunks_;
  size_t longest_chain_ = 0;  // entries; an upper bound
  size_t memory_ = 0;
};

inline Entry** Table::find(Bytes key, uint64_t hash) const noexcept {
  if (count_ == 0) [[unlikely]] return nullptr;
  const __m128i tag = _mm_set1_epi8(static_cast<char>(tag_of(hash)));
  for (Bucket* b = &bucket(hash);; b = b->next()) {
    const __m128i tags = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(b->tags));
    unsigned hits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags, tag)));
    for (hits &= b->occupied(); hits != 0; hits &= hits - 1) {
      Entry** slot = &b->entries[std::countr_zero(hits)];
      // An entry may lie in two cache lines: fetch both at once.
      __builtin_prefetch(reinterpret_cast<const char*>(*slot) + 32);
      if (same_bytes((*slot)->key(), key)) [[likely]] return slot;
    }
    if (!b->linked()) return nullptr;
  }
}

}  // namespace kevy
