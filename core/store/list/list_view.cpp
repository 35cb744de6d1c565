#include "store/list/list_view.h"

#include <cstring>
#include <new>

#include "base/check.h"
#include "base/compression.h"
#include "base/hash.h"
#include "store/list/list_pieces.h"

namespace kevy {

void ListImage::add(ElementImages& to, const ChunkRing::Slot& slot) {
  const Bytes bytes = slot.chunk->bytes();
  char* const at = to.add(sizeof(ListImage) + bytes.size());
  auto* const image = new (at) ListImage;
  image->size_ = static_cast<uint32_t>(bytes.size());
  image->count_ = slot.count;
  image->plain_size_ = slot.plain_size;
  std::memcpy(at + sizeof(ListImage), bytes.data(), bytes.size());
}

ListRun ListImage::run(std::string& expanded) const {
  if (plain_size_ == 0) return {bytes(), count_};
  expanded.resize(plain_size_);
  decompress(bytes(), expanded.data(), plain_size_);
  return {expanded, count_};
}

// How much a chunk has stands in the chunk, which is not to be touched for each of them.
size_t ListChunks::piece_count() const noexcept {
  if (!wide_) return ring_.size();
  size_t pieces = 0;
  for (size_t i = 0; i < ring_.size(); ++i) pieces += list_pieces(ring_[i].size(), ring_[i].count);
  return pieces;
}

std::unique_ptr<ObjectView> ListChunks::view(size_t elements) {
  if (size() < elements && memory_bytes() < ObjectView::kBigBytes) return nullptr;
  size_t views = 0;
  for (auto* at = static_cast<ListView*>(this->views()); at != nullptr; at = at->next()) ++views;
  if (views == ListView::kViewsMost) return nullptr;
  return std::make_unique<ListView>(*this);
}

bool ListChunks::own_now(size_t chunk) noexcept {
  Slot& slot = ring_[chunk];
  if (slot.wanted() == 0) return false;
  try {
    exchange(slot, slot.chunk->copy(), slot.plain_size);
    return true;
  } catch (const std::bad_alloc&) {
    for (auto* at = static_cast<ListView*>(views()); at != nullptr; at = at->next()) at->fail();
    return false;
  }
}

void ListChunks::leave(const Slot& slot) noexcept {
  const uint16_t wanted = slot.wanted();
  if (wanted == 0) return ListChunk::free(slot.chunk);
  slot.chunk->leave_to(wanted);
  const size_t bytes = slot.chunk->memory_bytes();
  for (auto* at = static_cast<ListView*>(views()); at != nullptr; at = at->next()) {
    at->note_kept(bytes);
  }
}

ListView::ListView(ListChunks& list)
    : ObjectView(list, list.piece_count()),
      count_(list.ring_.size()),
      slots_(std::make_unique_for_overwrite<Slot[]>(count_)) {
  if (kDebugChecks) sums_.reserve(count_);
  for (size_t i = 0; i < count_; ++i) {
    Slot& slot = list.ring_[i];
    ++slot.views;
    slots_[i] = slot;
    if (kDebugChecks) sums_.push_back(sum_of(i));
  }
}

void ListView::walk(ElementImages& to, size_t chunks) noexcept {
  kept_bytes_ = 0;
  for (; chunks != 0 && at_ < count_; --chunks) {
    if (kDebugChecks) KEVY_CHECK(sums_[at_] == sum_of(at_));
    try {
      ListImage::add(to, slots_[at_]);
    } catch (const std::bad_alloc&) {
      fail();
      return;
    }
    ListChunk::end_view(slots_[at_++].chunk);
  }
}

void ListView::let_go() noexcept {
  while (at_ < count_) ListChunk::end_view(slots_[at_++].chunk);
}

uint64_t ListView::sum_of(size_t chunk) const noexcept {
  return hash_bytes(slots_[chunk].chunk->bytes(), HashSecret::process());
}

}  // namespace kevy
