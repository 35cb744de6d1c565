#include "store/list_chunks.h"

#include <algorithm>

#include "base/check.h"
#include "base/memory.h"

namespace kevy {

namespace {

constexpr size_t kNewChunkBytes = 512;  // doubled as it fills
// More chunks than that are freed by the caller, outside of the lock.
constexpr size_t kFreedAtOnceMax = 16;

}  // namespace

ListChunks::ListChunks(const ListRun& run) {
  if (run.count != 0) add_slot(0, ListChunk::of(run.bytes), run.count);
}

ListChunks::~ListChunks() {
  for (size_t i = 0; i < ring_.size(); ++i) ListChunk::free(ring_[i].chunk);
}

std::unique_ptr<Object> ListChunks::clone() const {
  auto copy = std::make_unique<ListChunks>();
  copy->ring_.reserve(ring_.size());
  for (size_t i = 0; i < ring_.size(); ++i) {
    copy->add_slot(i, ListChunk::of(ring_[i].chunk->bytes()), ring_[i].count);
  }
  return copy;
}

size_t ListChunks::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<ListChunks*>(this)) + ring_.memory_bytes() + memory_;
}

ListChunks::Place ListChunks::find(size_t index) const noexcept {
  KEVY_DCHECK(index < count_);
  if (index < count_ / 2) {
    size_t run = 0;
    for (; index >= ring_[run].count; ++run) index -= ring_[run].count;
    return {run, index};
  }
  size_t behind = count_ - index;  // elements from this one on
  size_t run = ring_.size() - 1;
  for (; behind > ring_[run].count; --run) behind -= ring_[run].count;
  return {run, ring_[run].count - behind};
}

// Takes over a chunk, which is freed when there is no room for it.
void ListChunks::add_slot(size_t at, ListChunk* chunk, size_t count) {
  try {
    ring_.insert(at, {chunk, static_cast<uint32_t>(count)});
  } catch (...) {
    ListChunk::free(chunk);
    throw;
  }
  memory_ += chunk->memory_bytes();
  bytes_ += chunk->size();
  count_ += count;
}

void ListChunks::free_chunk(const Slot& slot) noexcept {
  memory_ -= slot.chunk->memory_bytes();
  bytes_ -= slot.chunk->size();
  count_ -= slot.count;
  ListChunk::free(slot.chunk);
}

char* ListChunks::splice(size_t chunk, size_t at, size_t erased, size_t inserted,
                         const ListLimit& limit) {
  char* gap =
      ListChunk::splice(ring_[chunk].chunk, at, erased, inserted, limit.bytes, memory_);
  bytes_ += inserted - erased;
  return gap;
}

bool ListChunks::fits(size_t chunk, const ListElement& value,
                      const ListLimit& limit) const noexcept {
  const Slot& slot = ring_[chunk];
  return limit.holds(slot.chunk->size() + value.size(), size_t{slot.count} + 1);
}

// Writes an element into a chunk, at byte `at`.
void ListChunks::put(size_t chunk, size_t at, const ListElement& value, const ListLimit& limit) {
  value.write(splice(chunk, at, 0, value.size(), limit));
  ++ring_[chunk].count;
  ++count_;
}

// Makes a chunk of one element, which is expected to grow at `end`.
void ListChunks::put_new(size_t at, const ListElement& value, const ListLimit& limit, End end) {
  const size_t wanted = limit.count == 1 ? 0 : std::min(kNewChunkBytes, limit.bytes);
  add_slot(at, ListChunk::make(std::max(value.size(), wanted), end), 0);
  put(at, 0, value, limit);
}

bool ListChunks::push(End end, const ListElement& value, const ListLimit& limit) {
  const bool front = end == End::kFront;
  if (ring_.size() != 0) {
    const size_t last = front ? 0 : ring_.size() - 1;
    Slot& slot = ring_[last];
    ListChunk& chunk = *slot.chunk;
    const size_t size = value.size();
    if (chunk.room(end) >= size && limit.holds(chunk.size() + size, size_t{slot.count} + 1))
        [[likely]] {
      value.write(chunk.extend(end, size));
      ++slot.count;
      ++count_;
      bytes_ += size;
      return false;
    }
    // A chunk that can not grow any more, and has most of its free bytes used up, is let be:
    // moving it from end to end for the rest would cost more than it saves.
    const bool worth_it =
        chunk.capacity() < limit.bytes || chunk.size() <= chunk.capacity() / 4 * 3;
    if (worth_it && fits(last, value, limit)) {
      put(last, front ? 0 : chunk.size(), value, limit);
      return true;
    }
  }
  put_new(front ? 0 : ring_.size(), value, limit, end);
  return true;
}

// Makes two chunks of one, the second one from its element `index` on.
void ListChunks::split(size_t chunk, size_t index) {
  ring_.reserve(1);
  const ListRun run = ring_[chunk].run();
  const size_t at = run.offset(index);
  ListChunk* second = ListChunk::of(run.bytes.substr(at));
  const size_t moved = run.count - index;
  ring_[chunk].chunk->cut_to(run.begin() + at);
  ring_[chunk].count -= static_cast<uint32_t>(moved);
  bytes_ -= second->size();
  count_ -= moved;
  add_slot(chunk + 1, second, moved);
}

void ListChunks::insert(size_t index, const ListElement& value, const ListLimit& limit) {
  const Place place = find(index);
  const size_t here = place.run;
  if (fits(here, value, limit)) {
    put(here, ring_[here].run().offset(place.index), value, limit);
    return;
  }
  if (place.index != 0) {
    split(here, place.index);
  } else if (here == 0) {
    push(End::kFront, value, limit);
    return;
  }
  // Between two chunks now: `before`, which is there, and the one behind it.
  const size_t before = place.index != 0 ? here : here - 1;
  if (fits(before, value, limit)) {
    put(before, ring_[before].chunk->size(), value, limit);
  } else if (fits(before + 1, value, limit)) {
    put(before + 1, 0, value, limit);
  } else {
    put_new(before + 1, value, limit, End::kBack);
  }
  tidy(before, std::min(before + 2, ring_.size() - 1), limit);
}

void ListChunks::replace(size_t index, const ListElement& value, const ListLimit& limit) {
  const Place place = find(index);
  const Slot& slot = ring_[place.run];
  const size_t at = slot.run().offset(place.index);
  const size_t old_size = list_element_size(slot.run().begin() + at);
  const size_t size = slot.chunk->size() - old_size + value.size();
  if (slot.count == 1 && old_size > limit.bytes) {
    // The chunk was made for that one element.
    put_new(place.run, value, limit, End::kBack);
    erase(index + 1, 1, limit);
    return;
  }
  if (slot.count == 1 || value.size() <= old_size || limit.holds(size, slot.count)) {
    value.write(splice(place.run, at, old_size, value.size(), limit));
    return;
  }
  // The element goes where it would be inserted, which may be another chunk.
  insert(index, value, limit);
  erase(index + 1, 1, limit);
}

// Takes whole chunks out of the ring; many of them into a list of their own.
std::unique_ptr<Object> ListChunks::drop_whole(size_t first, size_t count) noexcept {
  std::unique_ptr<ListChunks> removed;
  if (count > kFreedAtOnceMax) {
    try {
      removed = std::make_unique<ListChunks>();
      removed->ring_.reserve(count);
    } catch (const std::bad_alloc&) {  // then they are freed here and now
      removed.reset();
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const Slot slot = ring_[first + i];
    if (removed == nullptr) {
      free_chunk(slot);
    } else {
      removed->add_slot(i, slot.chunk, slot.count);
    }
  }
  if (removed != nullptr) {
    memory_ -= removed->memory_;
    bytes_ -= removed->bytes_;
    count_ -= removed->count_;
  }
  ring_.erase(first, count);
  return removed;
}

std::unique_ptr<Object> ListChunks::erase(size_t first, size_t count, const ListLimit& limit) {
  if (count == 0) return nullptr;
  const Place place = find(first);
  size_t chunk = place.run;
  // The end of one chunk, whole chunks, and the start of another; or the middle of one.
  const auto erase_in = [&](size_t index, size_t n) {
    Slot& slot = ring_[chunk];
    const ListRun run = slot.run();
    const size_t from = run.offset(index);
    splice(chunk, from, run.offset(index + n) - from, 0, limit);
    slot.count -= static_cast<uint32_t>(n);
    count_ -= n;
    count -= n;
  };
  if (place.index != 0) {
    erase_in(place.index, std::min(count, ring_[chunk].count - place.index));
    ++chunk;
  }
  size_t whole = 0;
  for (; chunk + whole < ring_.size() && count >= ring_[chunk + whole].count; ++whole) {
    count -= ring_[chunk + whole].count;
  }
  auto removed = whole == 0 ? nullptr : drop_whole(chunk, whole);
  if (count != 0) erase_in(0, count);
  if (ring_.size() != 0) {
    tidy(chunk == 0 ? 0 : chunk - 1, std::min(chunk + 1, ring_.size() - 1), limit);
  }
  return removed;
}

// The same for one chunk, which may become empty. Returns how many.
size_t ListChunks::erase_equal_in(size_t chunk, const ListElement& value, size_t max, End from) {
  Slot& slot = ring_[chunk];
  const size_t found = slot.run().count_of(value);
  const size_t erased = std::min(found, max);
  if (erased == 0) return 0;
  const size_t before = slot.chunk->size();
  slot.chunk->cut_to(copy_without(slot.run(), value, from == End::kFront ? 0 : found - erased,
                                  erased, slot.chunk->begin()));
  bytes_ -= before - slot.chunk->size();
  slot.count -= static_cast<uint32_t>(erased);
  count_ -= erased;
  return erased;
}

size_t ListChunks::erase_equal(const ListElement& value, size_t max, End from,
                               const ListLimit& limit) {
  size_t first = SIZE_MAX, last = 0, erased = 0;
  for (size_t i = 0; i < ring_.size() && erased < max; ++i) {
    const size_t chunk = from == End::kFront ? i : ring_.size() - 1 - i;
    if (const size_t here = erase_equal_in(chunk, value, max - erased, from); here != 0) {
      erased += here;
      first = std::min(first, chunk);
      last = std::max(last, chunk);
    }
  }
  if (erased != 0) {
    tidy(first == 0 ? 0 : first - 1, std::min(last + 1, ring_.size() - 1), limit);
  }
  return erased;
}

// Adds the elements of `slot` to a chunk where both together are small; false where they are not,
// or where there is no memory for it.
bool ListChunks::join(size_t chunk, const Slot& slot, const ListLimit& limit) noexcept {
  const size_t size = slot.chunk->size(), size_before = ring_[chunk].chunk->size();
  const size_t count = size_t{ring_[chunk].count} + slot.count;
  if (!limit.half().holds(size_before + size, count)) return false;
  try {
    std::memcpy(splice(chunk, size_before, 0, size, limit), slot.chunk->bytes().data(), size);
  } catch (const std::bad_alloc&) {
    return false;
  }
  ring_[chunk].count += slot.count;
  count_ += slot.count;
  return true;
}

// Frees what is empty among the chunks from `first` to `last`, and joins neighbours that are small.
void ListChunks::tidy(size_t first, size_t last, const ListLimit& limit) noexcept {
  size_t kept = first;
  for (size_t i = first; i <= last; ++i) {
    const Slot slot = ring_[i];
    if (slot.count == 0 || (kept != first && join(kept - 1, slot, limit))) {
      free_chunk(slot);
    } else {
      ring_[kept++] = slot;
    }
  }
  if (kept <= last) ring_.erase(kept, last + 1 - kept);
}

}  // namespace kevy
