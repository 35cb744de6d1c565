// MembersView: a view of an object whose elements lie in a table.
#pragma once

#include "store/table/buckets_view.h"
#include "store/view/object_view.h"

namespace kevy {

class MembersView : public ObjectView, private BucketsView {
 public:
  void walk(ElementImages& to, size_t buckets) noexcept override;
  bool done() const noexcept override { return all_copied() && kept_.empty(); }
  bool failed() const noexcept override { return BucketsView::failed(); }
  size_t kept_bytes() const noexcept override { return kept_.empty() ? 0 : kept_.bytes(); }

 protected:
  /// The table is the object's. Throws std::bad_alloc.
  MembersView(Object& object, BucketTable& table, size_t size)
      : ObjectView(object, size), BucketsView(table) {}
  using BucketsView::note_sums;

  struct Element {
    Bytes bytes;
    int64_t expires_at_ms = -1;
  };
  /// What is to be copied of an item of the table.
  virtual Element element(const void* item) const noexcept = 0;

 private:
  void copy(uint64_t number, bool for_change) override;
  void end() noexcept override { leave(); }
  uint64_t sum_of(uint64_t number) const noexcept override;

  ElementImages kept_;
  ElementImages* to_ = nullptr;  // of the walk that is being made
};

}  // namespace kevy
