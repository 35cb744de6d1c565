#include "runtime/waiting/deadlines.h"

#include <algorithm>
#include <mutex>
#include <new>

namespace kevy {

void Deadlines::add(const WaiterPtr& waiter) {
  bool earlier;
  {
    std::lock_guard guard(lock_);
    waiters_.insert(waiter);
    earlier = waiter->deadline_us < awaited_us_;
    if (earlier) awaited_us_ = waiter->deadline_us;
  }
  if (!earlier || !wake_ || wake_()) return;
  remove(*waiter);
  {
    std::lock_guard guard(lock_);
    awaited_us_ = kNoDeadline;  // so that the next one tries again
  }
  throw std::bad_alloc();
}

void Deadlines::remove(const Waiter& waiter) noexcept {
  if (waiter.deadline_us == kNoDeadline) return;
  WaiterPtr removed;  // outlives the guard
  std::lock_guard guard(lock_);
  const auto found = waiters_.find(Less::Name{waiter.deadline_us, &waiter});
  if (found == waiters_.end()) return;
  auto node = waiters_.extract(found);
  removed = std::move(node.value());
}

WaiterPtr Deadlines::take_due(int64_t now_us) noexcept {
  std::lock_guard guard(lock_);
  if (waiters_.empty() || (*waiters_.begin())->deadline_us > now_us) return nullptr;
  auto node = waiters_.extract(waiters_.begin());
  return std::move(node.value());
}

// Where there is none, what was awaited may have ended by another's look at the time: the next one to
// come asks for a look again.
bool Deadlines::any() noexcept {
  std::lock_guard guard(lock_);
  const bool any = !waiters_.empty() || expected_us_ != kNoDeadline;
  if (!any) awaited_us_ = kNoDeadline;
  return any;
}

void Deadlines::expect(int64_t moment_us) noexcept {
  {
    std::lock_guard guard(lock_);
    expected_us_ = moment_us;
    if (moment_us >= awaited_us_) return;
    awaited_us_ = moment_us;
  }
  if (wake_) wake_();
}

int64_t Deadlines::first() noexcept {
  std::lock_guard guard(lock_);
  awaited_us_ = waiters_.empty() ? kNoDeadline : (*waiters_.begin())->deadline_us;
  awaited_us_ = std::min(awaited_us_, expected_us_);
  return awaited_us_;
}

}  // namespace kevy
