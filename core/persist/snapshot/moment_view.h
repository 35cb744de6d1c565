// MomentView: all keys of a runtime as they were at one moment, read while commands go on
// (DESIGN.md, section 8). It is opened by who holds all shards, for no longer than it takes to note
// which buckets there are. A walk then takes one shard after another for some microseconds and
// copies entries; what a command is about to change before that is copied first. A collection of many
// elements is copied in steps too, as soon as the walk has found it. Nothing is held while a visitor
// looks at the copies.
//
// One thread opens, walks and closes it; progress() by any thread. There may be several at a time.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "persist/snapshot/big_ones.h"
#include "runtime/runtime.h"
#include "store/view/keyspace_view.h"

namespace kevy {

/// Who is shown the keys. Throws what it likes, and the walk ends with that.
class MomentVisitor {
 public:
  virtual ~MomentVisitor() = default;
  /// A database, before its keys: how many there are, and how many of them have a time to live.
  virtual void database(size_t number, uint64_t keys, uint64_t expiring) = 0;
  /// Some of its keys. False: no more of them.
  virtual bool keys(const EntryImages& images) = 0;
  /// One whose value comes in parts: its entry with no object but what is not walked of it, and how
  /// many elements there are (ObjectView::size).
  virtual void big_key(const Entry& entry, uint64_t elements) = 0;
  /// Some of them. False: no more of them, nor of anything.
  virtual bool elements(const Entry& entry, const ElementImages& images) = 0;
  /// All of them were shown.
  virtual void end_big_key(const Entry& entry) = 0;
};

class MomentView {
 public:
  /// `big_elements`: from so many on a collection is copied in steps.
  explicit MomentView(Runtime& runtime,
                      size_t big_elements = KeyspaceView::kBigElements) noexcept
      : runtime_(runtime), big_elements_(big_elements) {}
  ~MomentView() { close(); }
  MomentView(const MomentView&) = delete;
  MomentView& operator=(const MomentView&) = delete;

  /// The turn holds all shards. Throws std::bad_alloc, and it is not open.
  void open(Turn& all);
  enum class End : uint8_t { kDone, kStopped, kNoMemory };
  /// Shows all keys. kNoMemory: some were not there to be shown, since a command found no memory to
  /// copy them.
  End walk(MomentVisitor& visitor);
  /// Nothing is copied for it any more. Takes shards one after another.
  void close() noexcept;

  struct Progress {
    uint64_t keys = 0;
    uint64_t keys_done = 0;
    uint64_t kept_bytes = 0;  // what was copied since it was about to change
  };
  Progress progress() const noexcept {
    return {keys_.load(std::memory_order_relaxed), keys_done_.load(std::memory_order_relaxed),
            kept_bytes_.load(std::memory_order_relaxed)};
  }

  // What a walk is made of.
  /// The keyspace of one database on one shard.
  struct Part {
    size_t database;
    Shard* shard;
    std::unique_ptr<KeyspaceView> view;  // none: all was shown
  };
  /// By database.
  std::vector<Part>& parts() noexcept { return parts_; }
  /// Adds the next entries of a part, some `buckets` of them as far as that fits into a step. Takes
  /// the shard. What is returned is to be walked before the next step of the part.
  BigOnes step(Part& part, EntryImages& images, size_t buckets) noexcept;
  bool failed() const noexcept { return failed_; }

 private:
  End show(BigOnes& found, MomentVisitor& visitor);
  End walk_database(size_t first, size_t end, MomentVisitor& visitor);

  Runtime& runtime_;
  const size_t big_elements_;
  std::vector<Part> parts_;
  bool failed_ = false;
  std::atomic<uint64_t> keys_{0};
  std::atomic<uint64_t> keys_done_{0};
  std::atomic<uint64_t> kept_bytes_{0};
};

}  // namespace kevy
