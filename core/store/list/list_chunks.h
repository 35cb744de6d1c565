// ListChunks: a list too big to lie in its entry: chunks of some kilobytes in a ring. Both ends
// grow and shrink in O(1); an index is found by skipping whole chunks by their counts, from the
// nearer end; a change in the middle moves a chunk's bytes, and now and then splits a chunk or
// joins two.
//
// No chunk is empty. A chunk keeps within the limit that the caller gives with each change, but an
// element beyond it has a chunk of its own. Two neighbours that fit in half a chunk are joined
// where something was taken out.
//
// In a long list the chunks far from both ends are compressed, each when pushing has moved it there:
// what lies there is seldom looked at, and elements of one list are much alike. Who reads it gets a
// copy; a change has its chunk expanded, and so it stays; and what comes near an end by popping is
// expanded before it is asked for. Knows neither its key nor its keyspace.
//
// A chunk is changed after own(), and let go of by release(): views may want it (list_view.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/list/list_chunk.h"
#include "store/object.h"

namespace kevy {

class ListChunks final : public Object {
 public:
  ListChunks() = default;
  /// A list of what lies together so far.
  explicit ListChunks(const ListRun& run);
  ~ListChunks() override;

  std::unique_ptr<Object> clone() const override;
  std::unique_ptr<ObjectView> view(size_t elements) override;
  size_t memory_bytes() const noexcept override;

  /// Elements, and the bytes they take.
  size_t size() const noexcept { return count_; }
  size_t bytes() const noexcept { return bytes_; }

  /// The chunks, as runs of elements. What is compressed is written to `expanded`; of that the
  /// elements behind number `last` may be missing.
  size_t run_count() const noexcept { return ring_.size(); }
  ListRun run(size_t i, std::string& expanded, size_t last = SIZE_MAX) const;
  /// The run that has element `index`, which must exist, and its number in it.
  struct Place {
    size_t run;
    size_t index;
  };
  Place find(size_t index) const noexcept;

  /// Adds values one after another, so that the last one is outermost; all or none. Returns whether
  /// it took memory for it.
  bool push(End end, Args values, const ListLimit& limit);
  /// Puts `value` before element `index`, which must exist.
  void insert(size_t index, const ListElement& value, const ListLimit& limit);
  void replace(size_t index, const ListElement& value, const ListLimit& limit);
  /// Gets the memory for taking elements out from this one on, or up to it.
  void prepare_erase(size_t index) { expand(find(index).run); }
  /// Takes `count` elements from `first` on out. Many chunks are not freed but handed back, for
  /// the caller to do away with when there is time.
  std::unique_ptr<Object> erase(size_t first, size_t count, const ListLimit& limit);
  /// Takes up to `max` elements that are `value` out, those nearest to `from` first. Returns how
  /// many.
  size_t erase_equal(const ListElement& value, size_t max, End from, const ListLimit& limit);

 private:
  friend class ListView;
  using Slot = ChunkRing::Slot;
  /// How far a list reaches at one end.
  struct Reach;

  bool push(End end, const ListElement& value, const ListLimit& limit);
  void take_back(End end, const Reach& reach) noexcept;
  void add_slot(size_t at, const Slot& slot);
  void add_plain(size_t at, ListChunk* chunk, size_t count) {
    add_slot(at, {chunk, static_cast<uint32_t>(count)});
  }
  char* splice(size_t chunk, size_t at, size_t erased, size_t inserted, const ListLimit& limit);
  void put(size_t chunk, size_t at, const ListElement& value, const ListLimit& limit);
  void put_new(size_t at, const ListElement& value, const ListLimit& limit, End end);
  bool fits(size_t chunk, const ListElement& value, const ListLimit& limit) const noexcept;
  void split(size_t chunk, size_t index);
  void erase_in(size_t chunk, size_t first, size_t count, const ListLimit& limit);
  void erase_equal_in(size_t chunk, const ListElement& value, const ListRun::Equal& found);
  std::unique_ptr<Object> drop_whole(size_t first, size_t count) noexcept;
  bool join(size_t chunk, const Slot& slot, const ListLimit& limit) noexcept;
  void tidy(size_t first, size_t last, const ListLimit& limit) noexcept;
  void free_chunk(const Slot& slot) noexcept;

  /// Before a chunk is changed: what views want of it is left to them, and the list has a copy.
  /// Whether it took memory for that. When there is none the views have failed.
  bool own(size_t chunk) noexcept {
    if (!viewed()) [[likely]] return false;
    return own_now(chunk);
  }
  bool own_now(size_t chunk) noexcept;
  size_t piece_count() const noexcept;
  void release(const Slot& slot) noexcept {
    if (viewed()) [[unlikely]] return leave(slot);
    ListChunk::free(slot.chunk);
  }
  void leave(const Slot& slot) noexcept;

  static std::optional<ListRun> beginning(const Slot& slot, std::string& expanded, size_t last);
  void exchange(Slot& slot, ListChunk* chunk, size_t plain_size) noexcept;
  void expand(size_t chunk) {
    if (ring_[chunk].compressed()) [[unlikely]] expand_now(chunk);
  }
  void expand_now(size_t chunk);
  void expand_ends(size_t chunks_before, const ListLimit& limit) noexcept;
  void compress_behind(End end, size_t added, const ListLimit& limit) noexcept;
  void compress_one(Slot& slot) noexcept;

  ChunkRing ring_;
  size_t count_ = 0;
  size_t bytes_ = 0;
  size_t memory_ = 0;  // of the chunks
  bool wide_ = false;  // a chunk of several elements may be more than a piece (list_pieces.h)
};

}  // namespace kevy
