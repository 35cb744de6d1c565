// How a collection inside an entry changes its size, and when its entry gets another block.
#include <new>

#include "base/check.h"
#include "store/keyspace.h"

namespace kevy {

namespace {

// How much more a collection of `size` bytes is given when it has to grow, since the next element
// may follow. Lists grow and shrink most often; sorted sets are looked up most, and a large one has
// the steps of Entry::capacity_for.
size_t growth_of(Type type, size_t size) {
  if (type == Type::kZset) return 0;
  return type == Type::kHash ? size / 16 : size / 4;
}

}  // namespace

// A collection that shrinks keeps its block while half of it is used, since what was taken out is
// often followed by something new: another block costs more than all the rest of a small change.
char* Keyspace::splice(Entry*& entry, Key key, size_t at, size_t erased, size_t inserted,
                       int counted) {
  entries_.before_change(key.hash);
  char* gap = entry->value_begin() + Entry::kPackedHead + at;
  if (inserted == erased && counted == 0) return gap;
  const auto before = static_cast<size_t>(gap - entry->at(0));
  const size_t old_size = entry->packed().size();
  const size_t size = old_size - erased + inserted;
  const size_t tail = old_size - at - erased;
  const size_t total = before + inserted + tail;
  KEVY_DCHECK(at + erased <= old_size && size <= kPackedMax);
  const size_t needed = Entry::capacity_for(total);
  const size_t room = Entry::capacity_for(before + erased + tail) + entry->spare();
  size_t capacity = room;
  if (needed > room) {
    capacity = Entry::capacity_for(total + growth_of(entry->type(), total));
  } else if (needed < room / 2 || room - needed > Entry::kSpareMax) {
    capacity = needed;
  }
  Entry* moved = nullptr;
  if (capacity != room) {
    moved = memory_.allocate(capacity);
    if (moved == nullptr && needed > room) throw std::bad_alloc();
    if (moved == nullptr) capacity = room;  // it keeps what it has
  }
  if (moved == nullptr) {
    // What stays where it is need not come into the cache.
    if (tail != 0 && inserted != erased) std::memmove(gap + inserted, gap + erased, tail);
  } else {
    const auto place = static_cast<uint8_t>(moved->flags_ & Entry::kInSpan);
    std::memcpy(static_cast<void*>(moved), entry, before);
    moved->flags_ = static_cast<uint8_t>((entry->flags_ & ~Entry::kInSpan) | place);
    std::memcpy(moved->at(before + inserted), gap + erased, tail);
    gap = moved->at(before);
  }
  Entry* now = moved != nullptr ? moved : entry;
  now->set_spare(capacity - needed);
  now->set_packed_head(static_cast<uint32_t>(size),
                       now->packed_count() + static_cast<uint32_t>(counted));
  if (moved != nullptr) {
    entries_.find(key.bytes, key.hash).replace(moved);
    if (moved->has_expiry()) update_table(expiring_, key, moved, true);
    if (moved->awaits_field_expiry()) update_table(expiring_fields_, key, moved, true);
    memory_.release(entry);
    entry = moved;
  }
  return gap;
}

}  // namespace kevy
