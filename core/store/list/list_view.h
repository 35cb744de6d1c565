// ListView: a view of a list in chunks. Opening it copies the ring, which is sixteen bytes a chunk,
// and touches no chunk. From then on a chunk that the list is about to change or to let go of is left
// to the view, and the list goes on with a copy; so it takes memory for what is changed alone.
//
// A chunk that was left to views is freed by the last of them that is through with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/list/list_chunks.h"
#include "store/view/object_view.h"

namespace kevy {

/// The copy of a chunk.
class ListImage {
 public:
  ListImage(const ListImage&) = delete;
  ListImage& operator=(const ListImage&) = delete;

  static void add(ElementImages& to, const ChunkRing::Slot& slot);
  /// The elements. Those of a compressed chunk are written to `expanded`. Throws std::bad_alloc.
  ListRun run(std::string& expanded) const;

 private:
  ListImage() = default;

  Bytes bytes() const noexcept { return {reinterpret_cast<const char*>(this + 1), size_}; }

  uint32_t size_;
  uint32_t count_;
  uint32_t plain_size_;  // 0: it is not compressed
};

class ListView final : public ObjectView {
 public:
  /// Of one list, at a time.
  static constexpr size_t kViewsMost = UINT16_MAX;

  /// Throws std::bad_alloc.
  explicit ListView(ListChunks& list);
  ~ListView() override { let_go(); }

  void walk(ElementImages& to, size_t chunks) noexcept override;
  bool done() const noexcept override { return at_ == count_; }
  bool failed() const noexcept override { return failed_; }
  size_t kept_bytes() const noexcept override { return kept_bytes_; }

 private:
  friend class ListChunks;
  using Slot = ChunkRing::Slot;

  ListView* next() const noexcept { return static_cast<ListView*>(ObjectView::next()); }
  void end() noexcept override { let_go(); }
  void let_go() noexcept;
  void fail() noexcept {
    failed_ = failed_ || !done();
    let_go();
  }
  /// A chunk was left to it, or to another view.
  void note_kept(size_t bytes) noexcept { kept_bytes_ += done() ? 0 : bytes; }
  uint64_t sum_of(size_t chunk) const noexcept;

  const size_t count_;  // of chunks
  size_t at_ = 0;
  std::unique_ptr<Slot[]> slots_;
  std::vector<uint64_t> sums_;  // of each chunk, where mistakes are looked for
  size_t kept_bytes_ = 0;
  bool failed_ = false;
};

}  // namespace kevy
