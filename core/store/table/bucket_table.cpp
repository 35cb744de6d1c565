#include "store/table/bucket_table.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"
#include "store/table/buckets_view.h"

namespace kevy {

namespace {

// Items that a bucket holds on the average, in quarters: more makes chains, fewer wastes memory.
constexpr uint64_t kLoadMaxQuarters = 18;
constexpr uint64_t kLoadMinQuarters = 6;
constexpr size_t kOverflowChunk = 16;
constexpr size_t kKeptWhenEmpty = 4096;
constexpr size_t kGatheredMax = 64;

// Room for one more, so that adding it can not fail. By doubling: reserve() gives no more than asked.
template <typename T>
void make_room(std::vector<T>& in) {
  if (in.size() == in.capacity()) in.reserve(std::max<size_t>(1, 2 * in.size()));
}

}  // namespace

uint64_t BucketTable::reverse(uint64_t bits) noexcept {
  bits = (bits >> 1 & 0x5555555555555555) | (bits & 0x5555555555555555) << 1;
  bits = (bits >> 2 & 0x3333333333333333) | (bits & 0x3333333333333333) << 2;
  bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0f) | (bits & 0x0f0f0f0f0f0f0f0f) << 4;
  return __builtin_bswap64(bits);
}

BucketTable::~BucketTable() {
  for (BucketsView* view = views_; view != nullptr; view = view->next_) view->lose_table();
  release_memory();
}

void BucketTable::save(uint64_t number) noexcept {
  for (BucketsView* view = views_; view != nullptr; view = view->next_) view->before_change(number);
}

// No view has anything left to look at, since there are no items.
void BucketTable::release_memory() noexcept {
  for (BucketsView* view = views_; view != nullptr; view = view->next_) view->end_walk();
  while (!segments_.empty()) drop_segment();
  for (Bucket* chunk : overflow_chunks_) std::free(chunk);
  overflow_chunks_.clear();
  spare_ = nullptr;
  first_segment_capacity_ = memory_ = longest_chain_ = longest_of_round_ = 0;
  count_ = 0;
  base_ = 1;
}

BucketTable::Bucket* BucketTable::new_overflow() {
  if (spare_ == nullptr) add_overflow_chunk();
  Bucket* b = spare_;
  spare_ = b->next();
  b->taken = 0;
  return b;
}

void BucketTable::add_overflow_chunk() {
  const size_t bytes = kOverflowChunk * sizeof(Bucket);
  make_room(overflow_chunks_);
  auto* chunk = static_cast<Bucket*>(std::aligned_alloc(alignof(Bucket), bytes));
  if (chunk == nullptr) throw std::bad_alloc();
  overflow_chunks_.push_back(chunk);
  memory_ += bytes;
  for (size_t i = 0; i < kOverflowChunk; ++i) {
    chunk[i].set_next(spare_);
    spare_ = &chunk[i];
  }
}

// Whether so many overflow buckets can be taken without fail.
bool BucketTable::have_spares(size_t count) noexcept {
  size_t found = 0;
  for (const Bucket* b = spare_; b != nullptr && found < count; b = b->next()) ++found;
  try {
    for (; found < count; found += kOverflowChunk) add_overflow_chunk();
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void BucketTable::place(Bucket& first, ItemRef item, uint8_t tag) {
  size_t length = 0;
  Bucket* b = &first;
  while (b->linked() && b->occupied() == b->all_places()) {
    length += kPlaces - 1;
    b = b->next();
  }
  if (b->occupied() == b->all_places()) {
    Bucket* more = new_overflow();
    more->items[0] = b->items[kPlaces - 1];
    more->tags[0] = b->tags[kPlaces - 1];
    more->taken = 1;
    b->set_next(more);
    b->taken |= Bucket::kLinked;
    length += kPlaces - 1;
    b = more;
  }
  const unsigned free = static_cast<unsigned>(b->all_places() & ~b->taken);
  const unsigned i = static_cast<unsigned>(std::countr_zero(free));
  if (i >= kPlaces) __builtin_unreachable();
  b->items[i] = item;
  b->tags[i] = tag;
  b->taken = static_cast<uint8_t>(b->taken | 1u << i);
  // An upper bound is enough, and it must hold for the whole chain: count what follows as full.
  while (b->linked()) {
    length += kPlaces - 1;
    b = b->next();
  }
  length += kPlaces;
  if (length > longest_of_round_) {
    longest_of_round_ = length;
    longest_chain_ = std::max(longest_chain_, length);
  }
}

void BucketTable::insert(ItemRef item, uint64_t hash, HashOf hash_of, const void* context) {
  if (count_ == 0) add_bucket();
  before_change(hash);
  place(bucket(hash), item, tag_of(hash));
  ++size_;
  if (size_ * 4 <= count_ * kLoadMaxQuarters) return;
  try {
    split(hash_of, context);
  } catch (const std::bad_alloc&) {  // then chains grow until there is memory
  }
}

void BucketTable::erase(ItemRef* slot, uint64_t hash) noexcept {
  before_change(hash);
  Bucket* previous = nullptr;
  for (Bucket* b = &bucket(hash);; previous = b, b = b->next()) {
    if (slot >= b->items && slot < b->items + kPlaces) {
      const auto i = static_cast<unsigned>(slot - b->items);
      b->taken = static_cast<uint8_t>(b->taken & ~(1u << i));
      if (previous != nullptr && b->taken == 0) {  // an empty last bucket of a chain
        previous->taken &= 0x3f;
        b->set_next(spare_);
        spare_ = b;
      }
      break;
    }
    KEVY_CHECK(b->linked());
  }
  --size_;
  if (size_ == 0 && memory_ > kKeptWhenEmpty) {
    release_memory();
    return;
  }
  for (int i = 0; i < 2 && count_ > 1 && size_ * 4 < count_ * kLoadMinQuarters; ++i) merge();
}

// Makes room for bucket `count_`. The first segment doubles until it is whole, so that a small
// table is small.
void BucketTable::add_bucket() {
  const uint64_t number = count_;
  if (number < kSegmentBuckets) {
    if (number == first_segment_capacity_) {
      const uint64_t capacity = number == 0 ? 1 : number * 2;
      if (number == 0) make_room(segments_);
      auto* grown =
          static_cast<Bucket*>(std::aligned_alloc(alignof(Bucket), capacity * sizeof(Bucket)));
      if (grown == nullptr) throw std::bad_alloc();
      if (segments_.empty()) {
        segments_.push_back({grown, nullptr});
      } else {
        Bucket*& first = segments_[0].buckets;
        std::memcpy(static_cast<void*>(grown), first, number * sizeof(Bucket));
        std::free(first);
        first = grown;
      }
      memory_ += (capacity - first_segment_capacity_) * sizeof(Bucket);
      first_segment_capacity_ = capacity;
    }
  } else if (number >> kSegmentBits == segments_.size()) {
    add_segment();
  }
  bucket_at(number).taken = 0;
  if (number == 2 * base_) {
    base_ *= 2;
    longest_chain_ = std::exchange(longest_of_round_, 0);
  }
  ++count_;
}

void BucketTable::reserve(size_t items) {
  KEVY_CHECK(size_ == 0);
  while (count_ * kLoadMaxQuarters < items * 4) add_bucket();
}

void BucketTable::add_segment() {
  make_room(segments_);
  Span* span = spans_ != nullptr ? spans_->take() : nullptr;
  void* memory =
      span != nullptr ? span->memory() : std::aligned_alloc(alignof(Bucket), Span::kBytes);
  if (memory == nullptr) throw std::bad_alloc();
  segments_.push_back({static_cast<Bucket*>(memory), span});
  memory_ += Span::kBytes;
}

void BucketTable::drop_segment() noexcept {
  const auto [buckets, span] = segments_.back();
  segments_.pop_back();
  memory_ -= Span::kBytes;
  if (span != nullptr) {
    spans_->give_back(span);
  } else {
    std::free(buckets);
  }
}

void BucketTable::release_chain(Bucket& first) noexcept {
  Bucket* b = first.linked() ? first.next() : nullptr;
  first.taken = 0;
  while (b != nullptr) {
    Bucket* next = b->linked() ? b->next() : nullptr;
    b->set_next(spare_);
    spare_ = b;
    b = next;
  }
}

// Moves the items of the next bucket in turn whose next hash bit is set to a new bucket. The
// overflow buckets given back suffice for both halves, so placing can not fail halfway; what can
// fail comes before any change.
void BucketTable::split(HashOf hash_of, const void* context) {
  const uint64_t from = count_ == 2 * base_ ? 0 : count_ - base_;
  if (viewed()) [[unlikely]]
    save(from);
  ItemRef few[kGatheredMax];
  std::vector<ItemRef> many;
  size_t gathered = 0;
  visit_bucket(from, [&](ItemRef item) {
    prefetch_line(item.item());
    if (gathered < kGatheredMax) {
      few[gathered] = item;
    } else {
      many.push_back(item);
    }
    ++gathered;
    return Walk::kGoOn;
  });
  add_bucket();
  Bucket& old = bucket_at(from);
  Bucket& added = bucket_at(count_ - 1);
  release_chain(old);
  for (size_t i = 0; i < gathered; ++i) {
    const ItemRef item = i < kGatheredMax ? few[i] : many[i - kGatheredMax];
    const uint64_t hash = hash_of(item.item(), context);
    place((hash & base_) != 0 ? added : old, item, tag_of(hash));
  }
}

// The reverse of split: the last bucket goes back into the one it came from. When there is no memory
// for the longer chain, that is put off to the next merge.
void BucketTable::merge() noexcept {
  const uint64_t last = count_ - 1;
  const uint64_t base = count_ == base_ ? base_ / 2 : base_;
  Bucket& into = bucket_at(last - base);
  Bucket& gone = bucket_at(last);
  const size_t moving = chain_length(last), free = free_places(into);
  // A further bucket gives a place less than it has, for the link to it.
  const size_t further = moving <= free ? 0 : (moving - free + kPlaces - 2) / (kPlaces - 1);
  if (!have_spares(further)) return;
  if (viewed()) [[unlikely]] {
    save(last - base);
    save(last);
  }
  base_ = base;
  longest_of_round_ = longest_chain_;  // buckets split before need not be split again in this round
  for (Bucket* b = &gone;; b = b->next()) {
    for (unsigned places = b->occupied(); places != 0; places &= places - 1) {
      const int i = std::countr_zero(places);
      place(into, b->items[i], b->tags[i]);
    }
    if (!b->linked()) break;
  }
  release_chain(gone);
  --count_;
  if (last >= kSegmentBuckets && (last & (kSegmentBuckets - 1)) == 0) {
    drop_segment();
  }
}

size_t BucketTable::free_places(const Bucket& first) noexcept {
  size_t free = 0;
  for (const Bucket* b = &first;; b = b->next()) {
    free += static_cast<size_t>(std::popcount(b->all_places()) - std::popcount(b->occupied()));
    if (!b->linked()) return free;
  }
}

size_t BucketTable::chain_length(uint64_t number) const noexcept {
  size_t length = 0;
  visit_bucket(number, [&](ItemRef) {
    ++length;
    return Walk::kGoOn;
  });
  return length;
}

// The item at `place` in the chain that starts at `b`, counted from its start; nullptr when the chain
// is not so long.
void* BucketTable::item_at(const Bucket* b, uint64_t place) noexcept {
  for (;; b = b->next()) {
    unsigned places = b->occupied();
    const auto count = static_cast<uint64_t>(std::popcount(places));
    if (place < count) {
      for (; place != 0; --place) places &= places - 1;
      return b->items[std::countr_zero(places)].item();
    }
    if (!b->linked()) return nullptr;
    place -= count;
  }
}

// A place among `longest_chain_` of a bucket by chance, until it is a taken one. Some buckets are
// drawn at a time, so that they come from memory together. When the table is nearly empty that takes
// long, and the n-th of all entries is looked for instead.
void* BucketTable::random(Random& random) const noexcept {
  if (size_ == 0) return nullptr;
  constexpr int kBatches = 64;
  for (int batch = 0; batch < kBatches; ++batch) {
    struct Draw {
      const Bucket* bucket;
      uint64_t place;
    };
    std::array<Draw, 4> draws;
    for (Draw& draw : draws) {
      const auto [number, place] = random.below(count_, longest_chain_);
      draw = {&bucket_at(number), place};
      prefetch_line(draw.bucket);
    }
    for (const Draw& draw : draws) {
      if (void* item = item_at(draw.bucket, draw.place)) return item;
    }
  }
  uint64_t wanted = random.below(size_);
  for (uint64_t number = 0;; ++number) {
    const size_t length = chain_length(number);
    if (wanted < length) return item_at(&bucket_at(number), wanted);
    wanted -= length;
  }
}

}  // namespace kevy
