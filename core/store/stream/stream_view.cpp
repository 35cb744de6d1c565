#include "store/stream/stream_view.h"

#include <new>

#include "base/check.h"
#include "base/hash.h"

namespace kevy {

namespace {

uint64_t sum_of(const StreamChunk& chunk) noexcept {
  return hash_bytes(chunk.entry_bytes(), HashSecret::process());
}

}  // namespace

std::unique_ptr<ObjectView> StreamObject::view(size_t elements) {
  if (length() < elements && memory_bytes() < ObjectView::kBigBytes) return nullptr;
  return std::make_unique<StreamView>(*this);
}

void StreamObject::keep_for_views(const StreamChunk& chunk) noexcept {
  for (auto* at = static_cast<StreamView*>(views()); at != nullptr; at = at->next()) {
    at->before_change(chunk);
  }
}

// One of the views may have it, and others copies.
void StreamObject::leave_to_views(StreamChunk* chunk) noexcept {
  StreamView* taker = nullptr;
  for (auto* at = static_cast<StreamView*>(views()); at != nullptr; at = at->next()) {
    if (taker == nullptr && at->wants(chunk->first_id())) {
      taker = at;
    } else {
      at->before_change(*chunk);
    }
  }
  if (taker == nullptr || !taker->take(chunk)) StreamChunk::free(chunk);
}

void StreamObject::tell_views_of_new(StreamId first_id) noexcept {
  for (auto* at = static_cast<StreamView*>(views()); at != nullptr; at = at->next()) {
    at->note_new(first_id);
  }
}

void StreamObject::end_views() noexcept {
  for (auto* at = static_cast<StreamView*>(views()); at != nullptr; at = at->next()) {
    at->lose_stream();
  }
}

StreamView::StreamView(StreamObject& stream)
    : ObjectView(stream, stream.chunks_.size() - stream.empty_chunks_),
      stream_(&stream),
      rest_(stream.clone_rest()),
      done_(stream.chunks_.empty()) {
  if (!done_) last_ = stream.chunks_.last().id();
  if (!kDebugChecks) return;
  size_t pieces = 0;
  for (auto at = stream.chunks_.first(); at; at.next()) {
    sums_.emplace(at.id(), sum_of(*at.value()));
    pieces += at.value()->count() != 0 ? 1 : 0;
  }
  KEVY_CHECK(pieces == size());
}

void StreamView::check_sum(const StreamChunk& chunk) const {
  if (kDebugChecks) KEVY_CHECK(sums_.at(chunk.first_id()) == sum_of(chunk));
}

void StreamView::before_change(const StreamChunk& chunk) noexcept {
  if (!wants(chunk.first_id())) return;
  check_sum(chunk);
  StreamChunk* copy = nullptr;
  try {
    copy = StreamChunk::copy_of(chunk);
    kept_.emplace(chunk.first_id(), copy);
    kept_bytes_ += copy->memory_bytes();
  } catch (const std::bad_alloc&) {
    StreamChunk::free(copy);
    fail();
  }
}

bool StreamView::take(StreamChunk* chunk) noexcept {
  check_sum(*chunk);
  try {
    kept_.emplace(chunk->first_id(), chunk);
    kept_bytes_ += chunk->memory_bytes();
    return true;
  } catch (const std::bad_alloc&) {
    fail();
    return false;
  }
}

// Ids may begin at lower ones again where those behind were deleted (XSETID). What comes in is the
// last chunk then.
void StreamView::note_new(StreamId first_id) noexcept {
  if (done_ || first_id > last_) return;
  last_ = first_id;
  last_.step_down();
}

void StreamView::lose_stream() noexcept {
  for (auto at = next_chunk(); at && !failed_; at.next()) failed_ = wants(at.id());
  stream_ = nullptr;
}

// Of those in the stream: it may have been kept, too.
StreamView::Chunks::Cursor StreamView::next_chunk() const noexcept {
  if (stream_ == nullptr || at_ > last_) return {};
  const auto next = stream_->chunks_.at_or_after(at_);
  return next && next.id() <= last_ ? next : Chunks::Cursor();
}

void StreamView::add(ElementImages& to, const StreamChunk& chunk) const {
  check_sum(chunk);
  if (chunk.count() != 0) chunk.copy_to(to.add(chunk.copied_bytes()));
}

// Adds the chunk that comes next, of those that were kept and those of the stream.
bool StreamView::walk_one(ElementImages& to) {
  const auto there = next_chunk();
  const auto kept = kept_.begin();
  const bool any_kept = kept != kept_.end();
  if (!there && !any_kept) return false;
  if (any_kept && (!there || kept->first <= there.id())) {
    add(to, *kept->second);
    at_ = kept->first;
    StreamChunk::free(kept->second);
    kept_.erase(kept);
  } else {
    add(to, *there.value());
    at_ = there.id();
  }
  return at_.step_up();
}

void StreamView::walk(ElementImages& to, size_t chunks) noexcept {
  kept_bytes_ = 0;
  try {
    for (; chunks != 0 && !done_; --chunks) {
      done_ = !walk_one(to) || (kept_.empty() && !next_chunk());
    }
  } catch (const std::bad_alloc&) {
    fail();
  }
}

void StreamView::let_go() noexcept {
  done_ = true;
  for (const auto& [id, chunk] : kept_) StreamChunk::free(chunk);
  kept_.clear();
}

}  // namespace kevy
