#include "instance/housekeeping.h"

#include <chrono>
#include <new>

#include "base/thread.h"

namespace kevy {

namespace {

constexpr auto kPeriod = std::chrono::milliseconds(100);
constexpr size_t kEffort = 200;       // entries looked at in one go while a shard is held
constexpr int kRoundsMax = 50;        // goes a shard and period, while there is something to do

}  // namespace

bool Housekeeping::wake() {
  std::lock_guard guard(mutex_);
  if (stopping_) return true;
  work_ = true;
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

void Housekeeping::run() {
  const auto has_work = [this] { return stopping_ || work_; };
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    work_ = false;
    lock.unlock();
    runtime_.spans().prepare();
    runtime_.lazy_free().free_all();
    bool any = sweep();
    if (!any) {
      // From here on a new time to live wakes this thread again; look once more for one that came
      // just before.
      runtime_.rearm_expiry();
      any = sweep();
    }
    lock.lock();
    if (any) {
      changed_.wait_for(lock, kPeriod, has_work);
    } else {
      changed_.wait(lock, has_work);
    }
  }
}

}  // namespace kevy
