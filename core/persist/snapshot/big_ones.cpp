#include "persist/snapshot/big_ones.h"

#include "persist/snapshot/view_step.h"

namespace kevy {

bool BigOnes::next() noexcept {
  if (at_ != 0 && at_ <= found_.size()) {
    BigImage& last = found_[at_ - 1];
    std::unique_ptr<Object> object;  // freed when nothing is held
    {
      Turn turn(runtime_);
      turn.hold(shard_);
      object = last.value->close();
    }
    last = {};
  }
  if (at_ <= found_.size()) ++at_;
  return at_ <= found_.size();
}

const Entry& BigOnes::entry() const noexcept {
  const Entry* only = nullptr;
  found_[at_ - 1].entry->for_each([&](const Entry& entry) { only = &entry; });
  return *only;
}

BigOnes::Step BigOnes::step(ElementImages& images, size_t buckets) noexcept {
  images.reserve(ViewStep::kBytes);
  ObjectView& value = *found_[at_ - 1].value;
  Turn turn(runtime_);
  turn.hold(shard_);
  kept_bytes_.fetch_add(value.kept_bytes(), std::memory_order_relaxed);
  const ViewStep step;
  step.walk(buckets, [&](size_t some) {
    value.walk(images, some);
    return value.done();
  });
  if (value.failed()) return Step::kNoMemory;
  return value.done() ? Step::kDone : Step::kMore;
}

}  // namespace kevy
