// Table: items by their key: the keys of a database, the fields of a hash, the members of a set.
// What it is made of is BucketTable's matter.
//
// `Item` has `Bytes key() const`, and fetched_bytes() if it is larger than a cache line: how much of
// it is mostly looked at, as it enters the table. The table does not own its items. `kHash` is
// another hash in tests only. One thread at a time.
#pragma once

#include "base/bytes.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/walk.h"
#include "store/table/bucket_table.h"

namespace kevy {

using KeyHash = uint64_t(Bytes, const HashSecret&) noexcept;

template <typename Item, KeyHash kHash = hash_bytes>
class Table : private BucketTable {
 public:
  /// `secret`, under which all hashes are made, must outlive the table, and `spans` too.
  explicit Table(const HashSecret& secret, SpanPool* spans = nullptr) noexcept
      : BucketTable(spans), secret_(secret) {}

  using BucketTable::before_change;
  using BucketTable::memory_bytes;
  using BucketTable::prefetch;
  using BucketTable::reserve;
  using BucketTable::size;
  using BucketTable::viewed;
  /// For a view of it.
  BucketTable& buckets() noexcept { return *this; }

  /// A place in the table: where the item of a key is, or none. Valid until the next insert or
  /// erase.
  class Slot {
   public:
    Slot() = default;
    explicit operator bool() const noexcept { return at_ != nullptr; }
    Item* item() const noexcept { return static_cast<Item*>(at_->item()); }
    /// Puts another item of the same key there, or the same whose size is another. After
    /// before_change() where there may be a view.
    void replace(Item* item) noexcept { *at_ = ref(item); }

   private:
    friend class Table;
    explicit Slot(ItemRef* at) noexcept : at_(at) {}
    ItemRef* at_ = nullptr;
  };

  Slot find(Bytes key, uint64_t hash) const noexcept {
    if (!has_buckets()) [[unlikely]] return {};
    const uint8_t tag = tag_of(hash);
    for (Bucket* b = &bucket(hash);; b = b->next()) {
      for (unsigned hits = places_of(*b, tag); hits != 0; hits &= hits - 1) {
        const Slot slot(&b->items[std::countr_zero(hits)]);
        slot.at_->fetch();
        if (same_bytes(slot.item()->key(), key)) [[likely]] return slot;
      }
      if (!b->linked()) return {};
    }
  }
  /// A hint that find() is about to look at the items of `hash`: does best some time after
  /// prefetch(), which has the bucket fetched.
  void prefetch_items(uint64_t hash) const noexcept {
    if (!has_buckets()) return;
    const Bucket& first = bucket(hash);
    for (unsigned hits = places_of(first, tag_of(hash)); hits != 0; hits &= hits - 1) {
      first.items[std::countr_zero(hits)].fetch();
    }
  }
  Slot find(Bytes key) const noexcept { return find(key, hash(key)); }
  uint64_t hash(Bytes key) const noexcept { return kHash(key, secret_); }

  /// Adds an item whose key is not in the table.
  void insert(Item* item, uint64_t hash) {
    BucketTable::insert(ref(item), hash, hash_of, &secret_);
  }
  /// Removes what `slot`, just got from find, holds.
  void erase(Slot slot, uint64_t hash) noexcept { BucketTable::erase(slot.at_, hash); }

  /// One bucket of a full iteration: visits the bucket that `cursor` points into and returns the
  /// cursor after it, 0 at the end. Any cursor is safe. Cursors run through the buckets in the
  /// order of their bit-reversed numbers, in which a split or merge moves no item backwards over
  /// the cursor; so what stays in the table from 0 to 0 is visited.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    return BucketTable::scan(cursor, [&](void* item) { visit(*static_cast<Item*>(item)); });
  }
  /// Some buckets of a full iteration, until `count` items were visited. Empty buckets count a
  /// little too, so that a sparse table can not make one part long.
  template <typename Visit>
  uint64_t scan_some(uint64_t cursor, size_t count, Visit&& visit) const {
    size_t visited = 0;
    for (size_t buckets = 0; visited < count && buckets / 10 < count; ++buckets) {
      cursor = scan(cursor, [&](Item& item) {
        ++visited;
        visit(item);
      });
      if (cursor == 0) break;
    }
    return cursor;
  }
  /// visit(Item&) with every item, until it says stop. It may free the item, but not change the
  /// table.
  template <Visitor<Item&> Visit>
  Walk for_each(Visit&& visit) const {
    return BucketTable::for_each([&](void* item) { return visit(*static_cast<Item*>(item)); });
  }

  /// An item, each with the same chance; nullptr when empty.
  Item* random(Random& random) const noexcept {
    return static_cast<Item*>(BucketTable::random(random));
  }

 private:
  // A bit for every place of the bucket that has an item of this tag.
  static unsigned places_of(const Bucket& bucket, uint8_t tag) noexcept {
    static_assert(offsetof(Bucket, taken) == kPlaces && kPlaces == 7, "a word of tags and bits");
    const uint64_t tags = load_word(reinterpret_cast<const char*>(&bucket));
    return matches(tags, static_cast<char>(tag)) & bucket.occupied();
  }
  static ItemRef ref(Item* item) noexcept {
    if constexpr (requires { item->fetched_bytes(); }) {
      return ItemRef(item, ItemRef::extent_of(item->fetched_bytes()));
    } else {
      return ItemRef(item);
    }
  }
  static uint64_t hash_of(const void* item, const void* secret) {
    return kHash(static_cast<const Item*>(item)->key(), *static_cast<const HashSecret*>(secret));
  }

  const HashSecret& secret_;
};

}  // namespace kevy
