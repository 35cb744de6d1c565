#include "persist/snapshot/moment_view.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "persist/snapshot/view_step.h"

namespace kevy {

void MomentView::open(Turn& all) {
  KEVY_DCHECK(all.holds_all());
  uint64_t keys = 0;
  try {
    for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
      Shard& shard = runtime_.shard(i);
      shard.databases.for_each([&](size_t database, Keyspace& keyspace) {
        if (keyspace.size() == 0) return;
        parts_.push_back({database, &shard, std::make_unique<KeyspaceView>(keyspace, big_elements_)});
        keys += keyspace.size();
      });
    }
  } catch (...) {
    parts_.clear();
    throw;
  }
  std::stable_sort(parts_.begin(), parts_.end(),
                   [](const Part& a, const Part& b) { return a.database < b.database; });
  keys_.store(keys, std::memory_order_relaxed);
}

// A part goes on being viewed until what was found last in it is walked too.
BigOnes MomentView::step(Part& part, EntryImages& images, size_t buckets) noexcept {
  std::vector<BigImage> found;
  if (part.view != nullptr) {
    images.reserve(ViewStep::kBytes);
    const size_t count_before = images.count();
    Turn turn(runtime_);
    turn.hold(*part.shard);
    KeyspaceView& view = *part.view;
    kept_bytes_.fetch_add(view.kept_bytes(), std::memory_order_relaxed);
    ViewStep().walk(buckets, [&](size_t some) {
      view.walk(images, some);
      return view.walked();
    });
    found = view.take_big();
    failed_ = failed_ || view.failed();
    if (found.empty() && view.done()) part.view.reset();
    turn.release();
    keys_done_.fetch_add(images.count() - count_before, std::memory_order_relaxed);
  }
  return {runtime_, *part.shard, std::move(found), kept_bytes_};
}

MomentView::End MomentView::show(BigOnes& found, MomentVisitor& visitor) {
  ElementImages images;
  while (found.next()) {
    visitor.big_key(found.entry(), found.size());
    for (bool more = true; more;) {
      const BigOnes::Step step = found.step(images, std::numeric_limits<size_t>::max());
      failed_ = failed_ || step == BigOnes::Step::kNoMemory;
      if (failed_) return End::kNoMemory;
      if (!visitor.elements(found.entry(), images)) return End::kStopped;
      images.clear();
      more = step == BigOnes::Step::kMore;
    }
    visitor.end_big_key(found.entry());
    keys_done_.fetch_add(1, std::memory_order_relaxed);
  }
  return End::kDone;
}

// A step of each shard in turn, so that what is copied because it changes does not wait long.
MomentView::End MomentView::walk_database(size_t first, size_t end, MomentVisitor& visitor) {
  EntryImages images;
  for (bool more = true; more;) {
    more = false;
    for (size_t i = first; i < end; ++i) {
      if (parts_[i].view == nullptr) continue;
      BigOnes found = step(parts_[i], images, std::numeric_limits<size_t>::max());
      if (failed_) return End::kNoMemory;
      if (!visitor.keys(images)) return End::kStopped;
      images.clear();
      if (const End how = show(found, visitor); how != End::kDone) return how;
      more |= parts_[i].view != nullptr;
    }
  }
  return End::kDone;
}

MomentView::End MomentView::walk(MomentVisitor& visitor) {
  for (size_t first = 0; first < parts_.size();) {
    const size_t database = parts_[first].database;
    uint64_t keys = 0, expiring = 0;
    size_t end = first;
    for (; end < parts_.size() && parts_[end].database == database; ++end) {
      keys += parts_[end].view->size();
      expiring += parts_[end].view->size_with_expiry();
    }
    visitor.database(database, keys, expiring);
    if (const End how = walk_database(first, end, visitor); how != End::kDone) return how;
    first = end;
  }
  return End::kDone;
}

void MomentView::close() noexcept {
  for (Part& part : parts_) {
    if (part.view == nullptr) continue;
    Turn turn(runtime_);
    turn.hold(*part.shard);
    part.view.reset();
  }
  parts_.clear();
}

}  // namespace kevy
