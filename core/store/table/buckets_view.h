// BucketsView: a table's buckets as they were at one moment (DESIGN.md, section 8). A walk goes over
// them bit by bit while the table changes, and whoever changes a bucket that the walk has not come
// to has it copied first. What a copy is, is the matter of who derives from this.
//
// A bit a bucket says that it was copied. A bucket without one is what it was: it is where it was
// then, and has been neither split nor merged, since both change it. So buckets keep their numbers,
// however the table grows and shrinks, and those that are made later are none of the view's.
//
// When there is no memory for a copy the view has failed: it says so, and the change goes on.
//
// Owned by who opened it. Made, walked and destroyed by the holder of the table's lock. One that is
// there when the table goes away has nothing left to walk, and has failed if there was something.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "store/table/bucket_table.h"

namespace kevy {

class BucketsView {
 public:
  virtual ~BucketsView();
  BucketsView(const BucketsView&) = delete;
  BucketsView& operator=(const BucketsView&) = delete;

  /// Copies the next bucket that was not copied before. False when there is none.
  bool copy_next() noexcept;
  /// Whether all are copied.
  bool all_copied() const noexcept { return at_ >= count_; }
  bool failed() const noexcept { return failed_; }

 protected:
  /// Throws std::bad_alloc. The table outlives the view, or ends it.
  explicit BucketsView(BucketTable& table);

  /// Copies all of one bucket; `for_change`: since it is about to be changed. Throws std::bad_alloc.
  virtual void copy(uint64_t number, bool for_change) = 0;
  /// What a change that the view was not told of would change.
  virtual uint64_t sum_of(uint64_t number) const noexcept = 0;
  /// To be called at the end of making one: where mistakes are looked for, it finds buckets that have
  /// changed unseen. Throws std::bad_alloc.
  void note_sums();
  /// visit(void*) with each item of a bucket.
  template <typename Visit>
  void visit(uint64_t number, Visit&& visit) const {
    table_->visit_bucket(number, [&](ItemRef item) {
      visit(item.item());
      return Walk::kGoOn;
    });
  }
  /// The table is nobody's matter any more.
  void leave() noexcept;

 private:
  friend class BucketTable;

  static constexpr unsigned kWordBits = 64;

  bool was_copied(uint64_t number) const noexcept {
    return (copied_[number / kWordBits] >> number % kWordBits & 1) != 0;
  }
  void before_change(uint64_t number) noexcept {
    if (number < count_ && !was_copied(number)) copy_one(number, true);
  }
  void copy_one(uint64_t number, bool for_change) noexcept;
  void end_walk() noexcept { count_ = 0; }
  void lose_table() noexcept {
    failed_ = failed_ || (!all_copied() && table_->size() != 0);
    table_ = nullptr;
    end_walk();
  }

  BucketTable* table_;  // nullptr: it is no more
  uint64_t count_;      // buckets of that moment; 0: there is nothing left to copy
  uint64_t at_ = 0;     // all before it are copied
  std::unique_ptr<uint64_t[]> copied_;
  std::vector<uint64_t> sums_;  // of each bucket, where mistakes are looked for
  BucketsView* next_ = nullptr;
  bool failed_ = false;
};

}  // namespace kevy
