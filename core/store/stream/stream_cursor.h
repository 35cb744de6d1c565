// StreamCursor: the entries of a stream from one id to another, upwards or downwards.
//
// Made on the stack for one operation; good until the stream changes.
#pragma once

#include "store/stream/stream_object.h"

namespace kevy {

class StreamCursor {
 public:
  enum class Way : bool { kUp, kDown };

  /// From the entry nearest to `from` inside of the range on.
  StreamCursor(const StreamObject& stream, StreamId from, StreamId to, Way way) noexcept
      : way_(way), to_(to) {
    if (way == Way::kUp) {
      chunk_ = stream.chunks_.at_or_before(from);
      if (!chunk_) chunk_ = stream.chunks_.first();
    } else {
      chunk_ = stream.chunks_.at_or_before(from);
    }
    if (!chunk_) return;
    at_ = way == Way::kUp ? chunk().find_from(from) : chunk().find_back_from(from);
    settle();
  }

  explicit operator bool() const noexcept { return static_cast<bool>(chunk_); }
  const StreamEntry& entry() const noexcept { return entry_; }
  /// Tells whether two entries are in the same chunk.
  const void* place() const noexcept { return &chunk(); }
  void next() noexcept {
    at_ = way_ == Way::kUp ? chunk().next(at_) : chunk().previous(at_);
    settle();
  }

 private:
  const StreamChunk& chunk() const noexcept { return *chunk_.value(); }

  // Goes on to the next chunk where this one has no more, and stops past the end of the range.
  void settle() noexcept {
    while (at_ == StreamChunk::kNowhere) {
      if (way_ == Way::kUp) {
        chunk_.next();
      } else {
        chunk_.previous();
      }
      if (!chunk_) return;
      at_ = way_ == Way::kUp ? chunk().first() : chunk().last();
    }
    entry_ = chunk().read(at_);
    if (way_ == Way::kUp ? entry_.id > to_ : entry_.id < to_) chunk_ = {};
  }

  Way way_;
  StreamId to_;
  StreamObject::Chunks::Cursor chunk_;
  uint32_t at_ = StreamChunk::kNowhere;
  StreamEntry entry_;
};

}  // namespace kevy
