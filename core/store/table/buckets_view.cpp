#include "store/table/buckets_view.h"

#include <bit>
#include <new>

#include "base/check.h"

namespace kevy {

BucketsView::BucketsView(BucketTable& table)
    : table_(&table),
      count_(table.count_),
      copied_(std::make_unique<uint64_t[]>((count_ + kWordBits - 1) / kWordBits)),
      next_(table.views_) {
  table.views_ = this;
}

BucketsView::~BucketsView() { leave(); }

void BucketsView::leave() noexcept {
  if (table_ == nullptr) return;
  BucketsView** link = &table_->views_;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  table_ = nullptr;
  end_walk();
}

void BucketsView::note_sums() {
  if (!kDebugChecks) return;
  for (uint64_t number = 0; number < count_; ++number) sums_.push_back(sum_of(number));
}

void BucketsView::copy_one(uint64_t number, bool for_change) noexcept {
  if (kDebugChecks) KEVY_CHECK(sums_[number] == sum_of(number));
  copied_[number / kWordBits] |= uint64_t{1} << number % kWordBits;
  try {
    copy(number, for_change);
  } catch (const std::bad_alloc&) {
    failed_ = true;
    end_walk();
  }
}

bool BucketsView::copy_next() noexcept {
  while (at_ < count_) {
    const uint64_t left = ~copied_[at_ / kWordBits] >> at_ % kWordBits;
    if (left == 0) {
      at_ = (at_ / kWordBits + 1) * kWordBits;
      continue;
    }
    at_ += static_cast<unsigned>(std::countr_zero(left));
    if (at_ >= count_) return false;
    copy_one(at_++, false);
    return true;
  }
  return false;
}

}  // namespace kevy
