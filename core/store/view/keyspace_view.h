// KeyspaceView: a keyspace as it was at one moment. A walk copies its entries, some buckets at a
// time, while commands change them; what they are about to change is copied first. Of a collection
// of many elements a view of its own takes the place of a copy (object_view.h).
//
// It follows the keyspace, not the number of its database: SWAPDB does not touch it, and a keyspace
// that is flushed goes on being the view's until that is closed.
//
// Made, walked and closed by the holder of the shard's lock.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "store/keyspace.h"
#include "store/table/buckets_view.h"
#include "store/view/entry_images.h"
#include "store/view/object_view.h"

namespace kevy {

/// An entry, and the value of its key, in the place of which the entry has what is not walked of it
/// (ObjectView::take_rest) or nothing.
struct BigImage {
  std::unique_ptr<EntryImages> entry;
  std::unique_ptr<ObjectView> value;
};

class KeyspaceView final : private BucketsView {
 public:
  /// From so many elements on, or ObjectView::kBigBytes, a collection is not copied as a whole.
  static constexpr size_t kBigElements = 512;

  /// Throws std::bad_alloc.
  explicit KeyspaceView(Keyspace& keyspace, size_t big_elements = kBigElements);
  ~KeyspaceView() override;

  using BucketsView::failed;

  /// Keys of that moment, and those with a time to live.
  size_t size() const noexcept { return size_; }
  size_t size_with_expiry() const noexcept { return size_with_expiry_; }

  /// Adds what had to be copied since the last call, and the entries of `buckets` further buckets.
  void walk(EntryImages& to, size_t buckets) noexcept;
  /// What was found that is big. Its values are to be closed before this view is destroyed.
  std::vector<BigImage> take_big() noexcept { return std::exchange(big_, {}); }
  /// Whether all entries of that moment were added or are to be taken; and whether they were.
  bool walked() const noexcept { return all_copied() && kept_.empty(); }
  bool done() const noexcept { return walked() && big_.empty(); }
  /// What was copied since it was about to change, and waits to be added.
  size_t kept_bytes() const noexcept { return kept_.bytes(); }

 private:
  friend class Garbage;
  friend class Keyspace;

  void copy(uint64_t number, bool for_change) override;
  bool add_big(const Entry& entry);
  void take_over(std::unique_ptr<Keyspace> keyspace) noexcept { owned_ = std::move(keyspace); }
  uint64_t sum_of(uint64_t number) const noexcept override;

  Keyspace* keyspace_;               // nullptr: it is no more
  std::unique_ptr<Keyspace> owned_;  // nobody else's any more
  KeyspaceView* next_;               // of the keyspace
  const size_t size_, size_with_expiry_, big_elements_;
  EntryImages kept_;
  std::vector<BigImage> big_;
  EntryImages* to_ = nullptr;   // of the walk that is being made
};

}  // namespace kevy
