// ListChunks: which chunks are compressed, and when.
#include <algorithm>
#include <new>
#include <optional>

#include "base/compression.h"
#include "store/list/list_chunks.h"

namespace kevy {

namespace {

// Chunks of other sizes stay as they are: what is so small gains nothing, and a chunk of one huge
// element would keep its shard busy.
constexpr size_t kCompressedMin = 256, kCompressedMax = UINT16_MAX;

// Bytes that are expanded beyond what some elements should take.
constexpr size_t kMoreThanUsual = 64;

// The first `count` elements of what lies in `bytes`; nothing when it does not have them whole.
std::optional<ListRun> first_elements(Bytes bytes, size_t count) noexcept {
  constexpr size_t kHeadMax = 5;  // bytes that tell how long an element is
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (size_t i = 0; i < count; ++i) {
    if (left < kHeadMax) return std::nullopt;
    const size_t size = list_element_size(at);
    if (size > left) return std::nullopt;
    at += size;
    left -= size;
  }
  return ListRun{bytes.substr(0, bytes.size() - left), count};
}

}  // namespace

// The beginning of a run, where elements of the usual size up to `last` are much less than all.
std::optional<ListRun> ListChunks::beginning(const Slot& slot, std::string& expanded, size_t last) {
  if (last >= slot.count) return std::nullopt;
  const size_t usual = size_t{slot.plain_size} * (last + 1) / slot.count;
  const size_t size = usual + usual / 8 + kMoreThanUsual;
  if (size > slot.plain_size / 8 * 7) return std::nullopt;
  if (expanded.size() < size) expanded.resize(size);
  const size_t written = decompress_beginning(slot.chunk->bytes(), expanded.data(), size);
  return first_elements({expanded.data(), written}, last + 1);
}

ListRun ListChunks::run(size_t i, std::string& expanded, size_t last) const {
  const Slot& slot = ring_[i];
  if (!slot.compressed()) [[likely]] return slot.run();
  if (const auto run = beginning(slot, expanded, last)) return *run;
  expanded.resize(slot.plain_size);
  slot.copy_elements(expanded.data());
  return {expanded, slot.count};
}

// Puts another form of its elements into a slot.
void ListChunks::exchange(Slot& slot, ListChunk* chunk, size_t plain_size) noexcept {
  memory_ += chunk->memory_bytes() - slot.chunk->memory_bytes();
  release(slot);
  slot.chunk = chunk;
  slot.plain_size = static_cast<uint16_t>(plain_size);
  slot.views = 0;
}

void ListChunks::expand_now(size_t chunk) {
  Slot& slot = ring_[chunk];
  const size_t size = slot.plain_size;
  ListChunk* const plain = ListChunk::make(size, End::kBack);
  slot.copy_elements(plain->extend(End::kBack, size));
  exchange(slot, plain, 0);
}

// Expands what has come near an end since there were `chunks_before` chunks, where there is memory
// for it.
void ListChunks::expand_ends(size_t chunks_before, const ListLimit& limit) noexcept {
  if (ring_.size() >= chunks_before) return;
  const size_t removed = std::min(chunks_before - ring_.size(), limit.plain_chunks);
  const size_t near = std::min(limit.plain_chunks, ring_.size());
  try {
    for (size_t i = limit.plain_chunks - removed; i < near; ++i) {
      expand(i);
      expand(ring_.size() - 1 - i);
    }
  } catch (const std::bad_alloc&) {  // then it is expanded when it is changed
  }
}

// Compresses the chunks that new ones, so many, have moved far enough away from `end`. Twice as far as
// expand_ends goes, so that a list that grows and shrinks by a chunk does not have the same one
// compressed and expanded again and again.
void ListChunks::compress_behind(End end, size_t added, const ListLimit& limit) noexcept {
  const size_t far = 2 * limit.plain_chunks;
  if (limit.plain_chunks >= ring_.size() || ring_.size() <= 2 * far) return;
  const size_t count = std::min(added, ring_.size() - 2 * far);
  for (size_t i = far; i < far + count; ++i) {
    compress_one(ring_[end == End::kFront ? i : ring_.size() - 1 - i]);
  }
}

// Where that saves a quarter at least.
void ListChunks::compress_one(Slot& slot) noexcept {
  const size_t size = slot.size();
  if (slot.compressed() || size < kCompressedMin || size > kCompressedMax) return;
  const size_t worth_it = size - size / 4;
  const std::unique_ptr<char[]> room(new (std::nothrow) char[worth_it]);
  if (room == nullptr) return;
  const size_t compressed = compress(slot.chunk->bytes(), room.get(), worth_it);
  if (compressed == 0) return;
  try {
    exchange(slot, ListChunk::of({room.get(), compressed}), size);
  } catch (const std::bad_alloc&) {  // then it stays as it is
  }
}

}  // namespace kevy
