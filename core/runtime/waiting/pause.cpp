#include "runtime/waiting/pause.h"

#include <algorithm>
#include <mutex>

namespace kevy {

void Pause::begin(What what, int64_t until_us) noexcept {
  std::lock_guard guard(lock_);
  const What before = what_.load(std::memory_order_relaxed);
  until_us_ = before == What::kNothing ? until_us : std::max(until_us, until_us_);
  what_.store(std::max(what, before), std::memory_order_release);
}

bool Pause::add(const WaiterPtr& waiter) {
  std::lock_guard guard(lock_);
  if (what() == What::kNothing) return false;
  waiting_.push_back(waiter);
  return true;
}

void Pause::remove(const Waiter& waiter) noexcept {
  std::list<WaiterPtr> removed;  // outlives the guard
  std::lock_guard guard(lock_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const WaiterPtr& one) { return one.get() == &waiter; });
  if (found != waiting_.end()) removed.splice(removed.end(), waiting_, found);
}

void Pause::end() noexcept {
  std::lock_guard guard(lock_);
  what_.store(What::kNothing, std::memory_order_release);
}

int64_t Pause::end_if_due(int64_t now_us) noexcept {
  std::lock_guard guard(lock_);
  if (what() == What::kNothing) return kNoDeadline;
  if (until_us_ > now_us) return until_us_;
  what_.store(What::kNothing, std::memory_order_release);
  return kNoDeadline;
}

WaiterPtr Pause::take() noexcept {
  std::lock_guard guard(lock_);
  if (what() != What::kNothing || waiting_.empty()) return nullptr;
  WaiterPtr first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

}  // namespace kevy
