// StreamObject: a stream: its entries in chunks, the chunks in a tree by their first ids; what it
// remembers of entries that are gone; its consumer groups; its producers that name their messages.
//
// A chunk goes with its last entry; but one whose last entries had been deleted before, when those
// in front of them were trimmed away by their ids, stays empty, as the reference has it. Ids only
// rise: an entry is appended with one higher than last_id, and chunks are filled one after another,
// each up to the limit that was in force.
//
// A chunk is changed after before_change(), and let go of by release(): views may want it
// (stream_view.h).
//
// A method that finds no memory throws std::bad_alloc and has changed nothing. Touched only by the
// holder of the shard's lock; destroyed by anyone once the keyspace has let go of it.
#pragma once

#include <cstdint>
#include <memory>

#include "store/object.h"
#include "store/stream/id_tree.h"
#include "store/stream/stream_chunk.h"
#include "store/stream/stream_group.h"
#include "store/stream/stream_producers.h"

namespace kevy {

/// What is to be removed from the front of a stream.
struct StreamTrim {
  enum class By : uint8_t { kNothing, kLength, kId };
  By by = By::kNothing;
  bool approximate = false;  // only whole chunks
  uint64_t length = 0;       // by length: how many entries may stay
  StreamId min_id = {};      // by id: entries below it go
  uint64_t limit = 0;        // of an approximate one: how many entries may go; 0: all
};

class StreamObject final : public Object {
 public:
  /// What is known of the entries, those that are gone included.
  struct Counts {
    uint64_t length = 0;
    uint64_t entries_added = 0;
    StreamId first_id;  // of the first entry; zero without one
    StreamId last_id;   // the highest there ever was
    StreamId max_deleted_id;
  };

  StreamObject() : chunks_(memory_), groups_(HashSecret::process()) {}
  ~StreamObject() override;

  std::unique_ptr<Object> clone() const override;
  std::unique_ptr<ObjectView> view(size_t elements) override;
  size_t memory_bytes() const noexcept override;

  const Counts& counts() const noexcept { return counts_; }
  uint64_t length() const noexcept { return counts_.length; }
  size_t chunk_count() const noexcept { return chunks_.size(); }
  /// The id of the last entry; zero without one.
  StreamId last_entry_id() const noexcept;
  /// XSETID: replaces what is known.
  void set_last_id(StreamId id) noexcept { counts_.last_id = id; }
  void set_entries_added(uint64_t count) noexcept { counts_.entries_added = count; }
  void set_max_deleted_id(StreamId id) noexcept { counts_.max_deleted_id = id; }

  /// What takes back an append.
  struct Appended {
    Counts counts;
    bool opened_chunk;
    StreamChunk::Mark mark;
  };
  /// Adds an entry of fields and values in turn, its id higher than last_id; its bytes at most
  /// StreamChunk::kEntryMax. `bytes`: those of all words. `alike`: if it comes into the last chunk,
  /// its fields are known to be those of that one's first entry.
  Appended append(StreamId id, Args fields, size_t bytes, const StreamChunkLimit& limit,
                  bool alike = false);
  void take_back(const Appended& appended) noexcept;

  /// Removes an entry; whether it was there.
  bool erase(StreamId id) noexcept;
  /// How many entries from the first on are to go.
  struct Front {
    uint64_t count = 0;
    bool chunk_stays = false;  // the one that the last of them is in, even if it is empty then
  };
  Front find_to_trim(const StreamTrim& trim) const noexcept;
  /// Removes them. Returns what is to be freed, if it is much.
  std::unique_ptr<Object> erase_front(Front front) noexcept;

  const StreamGroup* find_group(Bytes name) const noexcept;
  StreamGroup* find_group(Bytes name) noexcept;
  /// There must be none of this name.
  StreamGroup& add_group(Bytes name, StreamId last_id, int64_t entries_read);
  void erase_group(StreamGroup& group) noexcept;
  size_t group_count() const noexcept { return groups_.size(); }
  /// visit(const StreamGroup&) with each, in no order.
  template <typename Visit>
  void for_each_group(Visit&& visit) const {
    groups_.for_each([&](const StreamGroup& group) {
      visit(group);
      return Walk::kGoOn;
    });
  }
  /// The same with each to be changed.
  template <typename Visit>
  void for_each_group(Visit&& visit) {
    groups_.for_each([&](StreamGroup& group) {
      visit(group);
      return Walk::kGoOn;
    });
  }

  /// nullptr before any producer has named a message, or limits for that were set.
  StreamProducers* producers() const noexcept { return producers_.get(); }
  /// `limits`: what they begin with.
  StreamProducers& find_or_make_producers(const StreamProducers::Limits& limits);

 private:
  friend class StreamCursor;
  using Chunks = IdTree<StreamChunk*>;
  class Removed;
  friend class StreamView;

  /// A copy of everything but the chunks.
  std::unique_ptr<StreamObject> clone_rest() const;
  /// To be called before a chunk is changed, and in the place of freeing one: views may want it.
  void before_change(const StreamChunk& chunk) noexcept {
    if (viewed()) [[unlikely]] keep_for_views(chunk);
  }
  void keep_for_views(const StreamChunk& chunk) noexcept;
  void release(StreamChunk* chunk) noexcept {
    if (viewed()) [[unlikely]] return leave_to_views(chunk);
    StreamChunk::free(chunk);
  }
  void leave_to_views(StreamChunk* chunk) noexcept;
  void tell_views_of_new(StreamId first_id) noexcept;
  void end_views() noexcept;
  void erase_chunk(StreamId first) noexcept;
  void find_first_id() noexcept;

  size_t memory_ = 0;  // of everything but this object and the groups' table
  Counts counts_;
  Chunks chunks_;
  size_t empty_chunks_ = 0;  // without an entry that is not deleted
  Table<StreamGroup> groups_;
  std::unique_ptr<StreamProducers> producers_;
};

}  // namespace kevy
