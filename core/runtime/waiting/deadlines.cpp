#include "runtime/waiting/deadlines.h"

#include <algorithm>
#include <mutex>
#include <new>

namespace kevy {

void Deadlines::aim(Waiter& waiter, const WaitLook& look) noexcept {
  waiter.due_us = std::min(look.at_us, waiter.deadline_us);
  waiter.look_place = look.key;
}

// Without the lock. False when nobody can look then.
bool Deadlines::await(int64_t moment_us) noexcept {
  {
    std::lock_guard guard(lock_);
    if (moment_us >= awaited_us_) return true;
    awaited_us_ = moment_us;
  }
  if (!wake_ || wake_()) return true;
  std::lock_guard guard(lock_);
  awaited_us_ = kNoDeadline;  // so that the next one tries again
  return false;
}

void Deadlines::add(const WaiterPtr& waiter, const WaitLook& look) {
  {
    std::lock_guard guard(lock_);
    aim(*waiter, look);
    waiters_.insert(waiter);
  }
  if (await(std::min(look.at_us, waiter->deadline_us))) return;
  remove(*waiter);
  throw std::bad_alloc();
}

// It keeps its node, so that no memory is needed.
void Deadlines::look_next(Waiter& waiter, const WaitLook& look) noexcept {
  {
    std::lock_guard guard(lock_);
    const auto found = waiters_.find(Less::Name{waiter.due_us, &waiter});
    if (found == waiters_.end()) return;  // its wait has been ended
    auto node = waiters_.extract(found);
    aim(waiter, look);
    waiters_.insert(std::move(node));
  }
  await(std::min(look.at_us, waiter.deadline_us));
}

void Deadlines::remove(const Waiter& waiter) noexcept {
  if (!waiter.timed()) return;
  WaiterPtr removed;  // outlives the guard
  std::lock_guard guard(lock_);
  const auto found = waiters_.find(Less::Name{waiter.due_us, &waiter});
  if (found == waiters_.end()) return;
  auto node = waiters_.extract(found);
  removed = std::move(node.value());
}

Deadlines::Due Deadlines::take_due(int64_t now_us) noexcept {
  std::lock_guard guard(lock_);
  if (waiters_.empty() || (*waiters_.begin())->due_us > now_us) return {};
  auto node = waiters_.extract(waiters_.begin());
  Waiter& waiter = *node.value();
  if (waiter.due_us == waiter.deadline_us) return {std::move(node.value())};
  Due due{node.value(), true, waiter.look_place};
  waiter.due_us = waiter.deadline_us;
  waiters_.insert(std::move(node));
  return due;
}

// Where there is none, what was awaited may have ended by another's look at the time: the next one
// to come asks for a look again.
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
  awaited_us_ = waiters_.empty() ? kNoDeadline : (*waiters_.begin())->due_us;
  awaited_us_ = std::min(awaited_us_, expected_us_);
  return awaited_us_;
}

}  // namespace kevy
