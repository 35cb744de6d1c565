#include "instance/housekeeping.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "base/thread.h"

namespace kevy {

namespace {

constexpr auto kPeriod = std::chrono::milliseconds(100);
constexpr size_t kEffort = 200;  // entries looked at in one go while a shard is held
constexpr int64_t kSleepMaxUs = int64_t{3600} * 1'000'000;  // so that no sum overflows
constexpr int kRoundsMax = 50;  // goes a shard and period, while there is something to do

}  // namespace

bool Housekeeping::wake() { return signal(work_); }

bool Housekeeping::look_at_time() { return signal(time_changed_); }

bool Housekeeping::signal(bool& what) {
  std::lock_guard guard(mutex_);
  if (stopping_) return true;
  what = true;
  if (thread_.joinable()) {
    changed_.notify_one();
    return true;
  }
  thread_ = start_thread([this] { run(); });
  return thread_.joinable();
}

void Housekeeping::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  std::thread ending = std::move(thread_);
  lock.unlock();
  if (ending.joinable()) ending.join();
  runtime_.lazy_free().close();
}

// One look at every shard; whether any has keys with a time to live, as far as there was memory to
// tell.
bool Housekeeping::sweep() noexcept {
  bool any = false;
  for (uint32_t shard = 0; shard < runtime_.shard_count(); ++shard) {
    try {
      any |= look_at(shard);
    } catch (const std::bad_alloc&) {
      any = true;  // so that it is looked at again a period later
    }
  }
  return any;
}

bool Housekeeping::look_at(uint32_t shard) {
  bool any = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    const Runtime::ExpiryStep keys = runtime_.expire_some(shard, kEffort);
    const Runtime::ExpiryStep fields = runtime_.expire_some_fields(shard, kEffort);
    any |= keys.any_left || fields.any_left;
    if (!keys.worth_repeating && !fields.worth_repeating) break;
  }
  return any;
}

// What there is to do but for the waits. Whether to look again in a while.
bool Housekeeping::tidy() noexcept {
  runtime_.spans().prepare();
  runtime_.lazy_free().free_all();
  runtime_.serve_late();
  runtime_.trim_tracking();
  if (sweep()) return true;
  // From here on a new time to live wakes this thread again; look once more for one that came just
  // before.
  runtime_.rearm_expiry();
  return sweep();
}

void Housekeeping::end_due_waits() noexcept {
  std::lock_guard guard(due_mutex_);
  runtime_.end_due_waits();
}

// When the next one is due. A clock that stands still is looked at again when it is changed.
Housekeeping::Steady::time_point Housekeeping::next_wait() noexcept {
  const int64_t first_us = runtime_.deadlines().first();
  if (first_us == kNoDeadline || runtime_.clock().frozen()) return Steady::time_point::max();
  const int64_t left_us = std::max<int64_t>(first_us - runtime_.clock().now_us(), 0);
  return Steady::now() + std::chrono::microseconds(std::min(left_us, kSleepMaxUs));
}

void Housekeeping::run() {
  const auto has_work = [this] { return stopping_ || work_ || time_changed_; };
  auto next_tidy = Steady::time_point::max();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool tidies = std::exchange(work_, false) || Steady::now() >= next_tidy;
    time_changed_ = false;
    lock.unlock();
    end_due_waits();
    const auto next_look = std::min(next_wait(), save_rules_.look());
    if (tidies) {
      next_tidy = tidy() ? Steady::now() + kPeriod : Steady::time_point::max();
    }
    lock.lock();
    const auto next = std::min(next_tidy, next_look);
    if (next == Steady::time_point::max()) {
      changed_.wait(lock, has_work);
    } else {
      changed_.wait_for(lock, next - Steady::now(), has_work);
    }
  }
}

}  // namespace kevy
