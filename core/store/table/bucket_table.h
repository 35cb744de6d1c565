// BucketTable: pointers by hash; linear hashing (Litwin, 1980). Table, in table.h, gives them a
// type and a key.
//
// The number of buckets follows the number of items one by one: adding items splits one bucket at a
// time in a fixed order, removing them merges one at a time. So no insertion ever waits for a
// rehash, and the load stays even.
//
// A bucket is one cache line of seven places:
//
//     byte 0          7        8        16                 56          64
//          | tags     | taken  | item 0 | item 1 | ...      | item 6    |
//          | 7 bytes  | 1 byte | 8 bytes                    | or a link |
//
// A tag is a byte of the item's hash; a bit of `taken` says that a place has an item. A bucket that
// overflows gives its last place to a link to another one, and sets the top bit of `taken`. Buckets
// lie in segments of 256, found through a directory; all segments but the first may be spans of a
// pool.
//
// Of the hash, the low bits give the bucket's number, bits 24 to 31 the tag; the top half is left
// to choosing a shard.
//
// A view (buckets_view.h) is told before a bucket changes. What an item is changed in, or which item
// has a place, the table does not see: who does that says so first (before_change).
//
// Knows nothing of what the pointers point at, and does not own it. One thread at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"
#include "base/random.h"
#include "base/span_pool.h"
#include "base/walk.h"
#include "store/table/item_ref.h"

namespace kevy {

class BucketsView;

class BucketTable {
 public:
  /// `spans`, if there is one, must outlive the table.
  explicit BucketTable(SpanPool* spans = nullptr) noexcept : spans_(spans) {}
  ~BucketTable();
  BucketTable(const BucketTable&) = delete;
  BucketTable& operator=(const BucketTable&) = delete;

  size_t size() const noexcept { return size_; }
  size_t memory_bytes() const noexcept { return memory_; }
  /// For an empty table that is to get `items` items: makes their buckets at once. Needed where they
  /// come in the order of a walk over such a table, which would fill a growing one very unevenly.
  /// Throws std::bad_alloc.
  void reserve(size_t items);

  /// Whether a view looks at it.
  bool viewed() const noexcept { return views_ != nullptr; }
  /// To be called before anything about the items of `hash` changes.
  void before_change(uint64_t hash) noexcept {
    if (viewed()) [[unlikely]]
      save(bucket_number(hash));
  }

  /// A hint that `hash` is about to be looked up.
  void prefetch(uint64_t hash) const noexcept {
    if (count_ != 0) prefetch_line(&bucket(hash));
  }

 protected:
  static constexpr size_t kPlaces = 7;
  static constexpr uint64_t kSegmentBuckets = 256;
  static constexpr unsigned kSegmentBits = 8;

  struct alignas(64) Bucket {
    // In `taken`: that there is a link; the places of a bucket without one, and with one.
    static constexpr uint8_t kLinked = 0x80, kAllPlaces = 0x7f, kPlacesLinked = 0x3f;
    uint8_t tags[kPlaces];
    uint8_t taken;  // a bit a place; kLinked: the last place is a link
    ItemRef items[kPlaces];
    Bucket* next() const noexcept { return static_cast<Bucket*>(items[kPlaces - 1].item()); }
    void set_next(Bucket* b) noexcept { items[kPlaces - 1] = ItemRef(b); }
    bool linked() const noexcept { return (taken & kLinked) != 0; }
    uint8_t all_places() const noexcept { return linked() ? kPlacesLinked : kAllPlaces; }
    uint8_t occupied() const noexcept { return taken & all_places(); }
  };
  static_assert(sizeof(Bucket) == 64);
  static_assert(kSegmentBuckets * sizeof(Bucket) == Span::kBytes);

  /// How the table asks for the hash of an item that it has to move.
  using HashOf = uint64_t (*)(const void* item, const void* context);

  /// Adds an item whose key is not in the table; when there is no memory it throws, and the item is
  /// not in the table.
  void insert(ItemRef item, uint64_t hash, HashOf hash_of, const void* context);
  /// Removes what `slot`, just found, stands for.
  void erase(ItemRef* slot, uint64_t hash) noexcept;

  bool has_buckets() const noexcept { return count_ != 0; }
  static uint8_t tag_of(uint64_t hash) noexcept { return static_cast<uint8_t>(hash >> 24); }
  Bucket& bucket(uint64_t hash) const noexcept { return bucket_at(bucket_number(hash)); }

  /// One bucket of a full iteration; see Table::scan.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    if (count_ == 0) return 0;
    const uint64_t mask = mask_at(cursor);
    visit_bucket(cursor & mask, [&](ItemRef item) {
      visit(item.item());
      return Walk::kGoOn;
    });
    cursor |= ~mask;
    return reverse(reverse(cursor) + 1);
  }
  /// visit(void*) with every item in the order of scan, until it says stop.
  template <Visitor<void*> Visit>
  Walk for_each(Visit&& visit) const {
    if (count_ == 0) return Walk::kGoOn;
    uint64_t cursor = 0;
    do {
      const uint64_t mask = mask_at(cursor);
      const auto one = [&](ItemRef item) { return visit(item.item()); };
      if (visit_bucket(cursor & mask, one) == Walk::kStop) return Walk::kStop;
      cursor |= ~mask;
      cursor = reverse(reverse(cursor) + 1);
    } while (cursor != 0);
    return Walk::kGoOn;
  }

  /// An item, each with the same chance; nullptr when empty.
  void* random(Random& random) const noexcept;

 private:
  friend class BucketsView;

  static uint64_t reverse(uint64_t bits) noexcept;

  // The bits of a bucket's number: those of buckets that were split already have one more.
  uint64_t mask_unsplit() const noexcept { return base_ - 1; }
  uint64_t mask_split() const noexcept { return 2 * base_ - 1; }
  uint64_t mask_at(uint64_t cursor) const noexcept {
    const bool is_split = (cursor & mask_unsplit()) < count_ - base_;
    return is_split ? mask_split() : mask_unsplit();
  }
  uint64_t bucket_number(uint64_t hash) const noexcept {
    const uint64_t number = hash & mask_split();
    return number < count_ ? number : number & mask_unsplit();
  }
  Bucket& bucket_at(uint64_t number) const noexcept {
    return segments_[number >> kSegmentBits].buckets[number & (kSegmentBuckets - 1)];
  }

  template <Visitor<ItemRef> Visit>
  Walk visit_bucket(uint64_t number, Visit&& visit) const {
    for (const Bucket* b = &bucket_at(number);; b = b->next()) {
      for (unsigned places = b->occupied(); places != 0; places &= places - 1) {
        if (visit(b->items[std::countr_zero(places)]) == Walk::kStop) return Walk::kStop;
      }
      if (!b->linked()) return Walk::kGoOn;
    }
  }

  struct Segment {
    Bucket* buckets;
    Span* span;  // they are, or nullptr: an allocation
  };

  void save(uint64_t number) noexcept;
  void place(Bucket& first, ItemRef item, uint8_t tag);
  void release_chain(Bucket& first) noexcept;
  void add_bucket();
  void add_segment();
  void drop_segment() noexcept;
  void release_memory() noexcept;
  void split(HashOf hash_of, const void* context);
  void merge() noexcept;
  Bucket* new_overflow();
  void add_overflow_chunk();
  bool have_spares(size_t count) noexcept;
  size_t chain_length(uint64_t number) const noexcept;
  static size_t free_places(const Bucket& first) noexcept;
  static void* item_at(const Bucket* b, uint64_t place) noexcept;

  size_t size_ = 0;
  uint64_t count_ = 0;  // buckets; base_ <= count_ <= 2 * base_
  uint64_t base_ = 1;   // a power of two; buckets below count_ - base_ have been split
  BucketsView* views_ = nullptr;  // a list
  SpanPool* spans_;
  std::vector<Segment> segments_;
  uint64_t first_segment_capacity_ = 0;
  Bucket* spare_ = nullptr;  // free overflow buckets, linked
  std::vector<Bucket*> overflow_chunks_;
  // Items of a bucket; upper bounds. Each bucket is filled anew in the course of a round, which
  // doubles their number, so what was seen in a round holds for all buckets at its end.
  size_t longest_chain_ = 0;
  size_t longest_of_round_ = 0;
  size_t memory_ = 0;
};

}  // namespace kevy
