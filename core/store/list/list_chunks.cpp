#include "store/list/list_chunks.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "store/list/list_pieces.h"

namespace kevy {

namespace {

constexpr size_t kNewChunkBytes = 512;  // doubled as it fills
// More chunks than that are freed by the caller, outside of the lock.
constexpr size_t kFreedAtOnceMax = 16;

}  // namespace

ListChunks::ListChunks(const ListRun& run) : wide_(run.bytes.size() > kListPieceMost) {
  if (run.count != 0) add_plain(0, ListChunk::of(run.bytes), run.count);
}

ListChunks::~ListChunks() {
  for (size_t i = 0; i < ring_.size(); ++i) release(ring_[i]);
}

std::unique_ptr<Object> ListChunks::clone() const {
  auto copy = std::make_unique<ListChunks>();
  copy->ring_.reserve(ring_.size());
  copy->wide_ = wide_;
  for (size_t i = 0; i < ring_.size(); ++i) {
    const Slot& slot = ring_[i];
    copy->add_slot(i, {ListChunk::of(slot.chunk->bytes()), slot.count, slot.plain_size});
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
void ListChunks::add_slot(size_t at, const Slot& slot) {
  try {
    ring_.insert(at, slot);
  } catch (...) {
    ListChunk::free(slot.chunk);
    throw;
  }
  memory_ += slot.chunk->memory_bytes();
  bytes_ += slot.size();
  count_ += slot.count;
}

void ListChunks::free_chunk(const Slot& slot) noexcept {
  memory_ -= slot.chunk->memory_bytes();
  bytes_ -= slot.size();
  count_ -= slot.count;
  release(slot);
}

char* ListChunks::splice(size_t chunk, size_t at, size_t erased, size_t inserted,
                         const ListLimit& limit) {
  expand(chunk);
  own(chunk);
  wide_ = wide_ || limit.bytes > kListPieceMost;
  char* gap =
      ListChunk::splice(ring_[chunk].chunk, at, erased, inserted, limit.bytes, memory_);
  bytes_ += inserted - erased;
  return gap;
}

bool ListChunks::fits(size_t chunk, const ListElement& value,
                      const ListLimit& limit) const noexcept {
  const Slot& slot = ring_[chunk];
  return limit.holds(slot.size() + value.size(), size_t{slot.count} + 1);
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
  add_plain(at, ListChunk::make(std::max(value.size(), wanted), end), 0);
  put(at, 0, value, limit);
}

bool ListChunks::push(End end, const ListElement& value, const ListLimit& limit) {
  const bool front = end == End::kFront;
  if (ring_.size() != 0) {
    const size_t last = front ? 0 : ring_.size() - 1;
    Slot& slot = ring_[last];
    const ListChunk& chunk = *slot.chunk;
    const size_t size = value.size();
    if (chunk.room(end) >= size && limit.holds(chunk.size() + size, size_t{slot.count} + 1))
        [[likely]] {
      const bool took_memory = own(last);
      value.write(slot.chunk->extend(end, size));
      ++slot.count;
      ++count_;
      bytes_ += size;
      return took_memory;
    }
    // A chunk that can not grow any more, and has most of its free bytes used up, is let be:
    // moving it from end to end for the rest would cost more than it saves.
    const bool worth_it =
        chunk.capacity() < limit.bytes || chunk.size() <= chunk.capacity() / 4 * 3;
    if (worth_it && fits(last, value, limit)) {
      put(last, front ? 0 : slot.size(), value, limit);
      return true;
    }
  }
  put_new(front ? 0 : ring_.size(), value, limit, end);
  return true;
}

struct ListChunks::Reach {
  size_t chunks, elements;
  size_t last_bytes;  // of the outermost chunk
};

bool ListChunks::push(End end, Args values, const ListLimit& limit) {
  const size_t chunks_before = ring_.size();
  if (values.size() == 1) [[likely]] {
    const bool took_memory = push(end, ListElement(values[0]), limit);
    if (ring_.size() != chunks_before) compress_behind(end, 1, limit);
    return took_memory;
  }
  const size_t last = end == End::kFront ? 0 : chunks_before - 1;
  const Reach reach{chunks_before, count_, chunks_before == 0 ? 0 : ring_[last].size()};
  bool took_memory = false;
  try {
    for (const Bytes value : values) took_memory |= push(end, ListElement(value), limit);
  } catch (const std::bad_alloc&) {
    take_back(end, reach);
    throw;
  }
  if (ring_.size() != chunks_before) compress_behind(end, ring_.size() - chunks_before, limit);
  return took_memory;
}

// Takes what was pushed out again.
void ListChunks::take_back(End end, const Reach& reach) noexcept {
  const bool front = end == End::kFront;
  const size_t added = ring_.size() - reach.chunks;
  const size_t first = front ? 0 : reach.chunks;
  for (size_t i = 0; i < added; ++i) free_chunk(ring_[first + i]);
  if (added != 0) ring_.erase(first, added);
  if (reach.chunks == 0 || count_ == reach.elements) return;
  Slot& last = ring_[front ? 0 : reach.chunks - 1];
  const size_t less = last.size() - reach.last_bytes;
  last.chunk->shorten(end, less);
  last.count -= static_cast<uint32_t>(count_ - reach.elements);
  bytes_ -= less;
  count_ = reach.elements;
}

// Makes two chunks of one, the second one from its element `index` on.
void ListChunks::split(size_t chunk, size_t index) {
  ring_.reserve(1);
  own(chunk);
  const ListRun run = ring_[chunk].run();
  const size_t at = run.offset(index);
  ListChunk* second = ListChunk::of(run.bytes.substr(at));
  const size_t moved = run.count - index;
  ring_[chunk].chunk->cut_to(run.begin() + at);
  ring_[chunk].count -= static_cast<uint32_t>(moved);
  bytes_ -= second->size();
  count_ -= moved;
  add_plain(chunk + 1, second, moved);
}

void ListChunks::insert(size_t index, const ListElement& value, const ListLimit& limit) {
  const Place place = find(index);
  const size_t here = place.run;
  expand(here);
  if (fits(here, value, limit)) {
    put(here, ring_[here].run().offset(place.index), value, limit);
    return;
  }
  if (place.index != 0) {
    split(here, place.index);
  } else if (here == 0) {
    push(End::kFront, value, limit);
    compress_behind(End::kFront, 1, limit);
    return;
  }
  // Between two chunks now: `before`, which is there, and the one behind it.
  const size_t before = place.index != 0 ? here : here - 1;
  if (fits(before, value, limit)) {
    put(before, ring_[before].size(), value, limit);
  } else if (fits(before + 1, value, limit)) {
    put(before + 1, 0, value, limit);
  } else {
    put_new(before + 1, value, limit, End::kBack);
  }
  tidy(before, std::min(before + 2, ring_.size() - 1), limit);
}

void ListChunks::replace(size_t index, const ListElement& value, const ListLimit& limit) {
  const Place place = find(index);
  expand(place.run);
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
    if (removed == nullptr || (viewed() && slot.wanted() != 0)) {
      free_chunk(slot);
    } else {
      removed->add_slot(removed->ring_.size(), slot);
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

// Takes `count` elements from `first` on out of a chunk, whose others stay.
void ListChunks::erase_in(size_t chunk, size_t first, size_t count, const ListLimit& limit) {
  const ListRun run = ring_[chunk].run();
  const size_t from = run.offset(first);
  splice(chunk, from, run.offset(first + count) - from, 0, limit);
  ring_[chunk].count -= static_cast<uint32_t>(count);
  count_ -= count;
}

std::unique_ptr<Object> ListChunks::erase(size_t first, size_t count, const ListLimit& limit) {
  if (count == 0) return nullptr;
  const size_t chunks_before = ring_.size();
  // The end of one chunk, whole chunks, and the start of another; or the middle of one.
  const Place place = find(first);
  const size_t in_first =
      place.index == 0 ? 0 : std::min(count, ring_[place.run].count - place.index);
  const size_t whole = place.run + (in_first == 0 ? 0 : 1);
  size_t last = whole, in_last = count - in_first;
  for (; last < ring_.size() && in_last >= ring_[last].count; ++last) in_last -= ring_[last].count;
  if (in_first != 0) expand(place.run);
  if (in_last != 0) expand(last);
  // From here on nothing fails.
  if (in_first != 0) erase_in(place.run, place.index, in_first, limit);
  if (in_last != 0) erase_in(last, 0, in_last, limit);
  auto removed = last == whole ? nullptr : drop_whole(whole, last - whole);
  if (ring_.size() != 0) {
    tidy(whole == 0 ? 0 : whole - 1, std::min(whole + 1, ring_.size() - 1), limit);
  }
  expand_ends(chunks_before, limit);
  return removed;
}

// Takes the elements that were found out of one chunk, which may become empty.
void ListChunks::erase_equal_in(size_t chunk, const ListElement& value,
                                const ListRun::Equal& found) {
  own(chunk);
  Slot& slot = ring_[chunk];
  const size_t before = slot.size();
  slot.chunk->cut_to(copy_without(slot.run().bytes.substr(found.offset), value, found.count,
                                  slot.chunk->begin() + found.offset));
  bytes_ -= before - slot.size();
  slot.count -= static_cast<uint32_t>(found.count);
  count_ -= found.count;
}

size_t ListChunks::erase_equal(const ListElement& value, size_t max, End from,
                               const ListLimit& limit) {
  // Where they are is found out first, since there may be no memory to expand what is there.
  struct Found {
    size_t chunk;
    ListRun::Equal equal;
  };
  std::vector<Found> found;
  std::string expanded;
  for (size_t i = 0, left = max; i < ring_.size() && left != 0; ++i) {
    const size_t chunk = from == End::kFront ? i : ring_.size() - 1 - i;
    const ListRun::Equal equal = run(chunk, expanded).find_equal(value, left, from);
    if (equal.count == 0) continue;
    expand(chunk);
    found.push_back({chunk, equal});
    left -= equal.count;
  }
  if (found.empty()) return 0;
  size_t erased = 0;
  for (const Found& here : found) {
    erase_equal_in(here.chunk, value, here.equal);
    erased += here.equal.count;
  }
  const auto [first, last] = std::minmax(found.front().chunk, found.back().chunk);
  const size_t chunks_before = ring_.size();
  tidy(first == 0 ? 0 : first - 1, std::min(last + 1, ring_.size() - 1), limit);
  expand_ends(chunks_before, limit);
  return erased;
}

// Adds the elements of `slot` to a chunk where both together are small; false where they are not,
// or where there is no memory for it.
bool ListChunks::join(size_t chunk, const Slot& slot, const ListLimit& limit) noexcept {
  const size_t size = slot.size(), size_before = ring_[chunk].size();
  const size_t count = size_t{ring_[chunk].count} + slot.count;
  if (!limit.half().holds(size_before + size, count)) return false;
  try {
    slot.copy_elements(splice(chunk, size_before, 0, size, limit));
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
