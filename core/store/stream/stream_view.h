// StreamView: a view of a stream. Opening it copies what is not in chunks, groups and what is pending
// in them, and touches no chunk. From then on a chunk that the walk has not come to is copied before it
// changes, and one that the stream lets go of is left to the view.
//
// Chunks are told by their first ids, which rise: a chunk ends where the next one begins, and no chunk
// is split or joined. One with an id that the view is not to see has come in later.
#pragma once

#include <map>
#include <memory>

#include "store/stream/stream_object.h"
#include "store/view/object_view.h"

namespace kevy {

class StreamView final : public ObjectView {
 public:
  /// Throws std::bad_alloc.
  explicit StreamView(StreamObject& stream);
  ~StreamView() override { let_go(); }

  /// Adds chunks, as StreamChunk has them: none without entries.
  void walk(ElementImages& to, size_t chunks) noexcept override;
  bool done() const noexcept override { return done_; }
  bool failed() const noexcept override { return failed_; }
  size_t kept_bytes() const noexcept override { return kept_bytes_; }
  std::unique_ptr<Object> take_rest() noexcept override { return std::move(rest_); }

 private:
  friend class StreamObject;
  using Chunks = StreamObject::Chunks;

  StreamView* next() const noexcept { return static_cast<StreamView*>(ObjectView::next()); }
  bool wants(StreamId first_id) const noexcept {
    return !done_ && first_id >= at_ && first_id <= last_ && !kept_.contains(first_id);
  }
  /// Before a chunk is changed.
  void before_change(const StreamChunk& chunk) noexcept;
  /// The same of one that the stream lets go of: whether it is the view's now.
  bool take(StreamChunk* chunk) noexcept;
  /// A chunk came in.
  void note_new(StreamId first_id) noexcept;
  /// The stream is no more.
  void lose_stream() noexcept;

  Chunks::Cursor next_chunk() const noexcept;
  void add(ElementImages& to, const StreamChunk& chunk) const;
  bool walk_one(ElementImages& to);
  void end() noexcept override { let_go(); }
  void let_go() noexcept;
  void fail() noexcept {
    failed_ = true;
    let_go();
  }
  void check_sum(const StreamChunk& chunk) const;

  StreamObject* stream_;  // nullptr: it is no more
  std::unique_ptr<Object> rest_;
  StreamId at_;    // chunks with lower ids were walked
  StreamId last_;  // those with higher ones have come in later
  std::map<StreamId, StreamChunk*> kept_;
  std::map<StreamId, uint64_t> sums_;  // of each chunk, where mistakes are looked for
  size_t kept_bytes_ = 0;
  bool done_ = false;
  bool failed_ = false;
};

}  // namespace kevy
