#include "persist/load/batch_pool.h"

#include <new>

#include "base/thread.h"

namespace kevy {

BatchPool::~BatchPool() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    for (; count_ != 0; --count_) take();
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool BatchPool::start(unsigned threads) {
  constexpr size_t kOfEach = 3;
  threads_.reserve(threads);
  waiting_.resize(kOfEach * threads);
  used_.reserve(waiting_.size());
  while (threads_.size() < threads) {
    std::thread thread = start_thread([this] { serve(); });
    if (!thread.joinable()) break;
    threads_.push_back(std::move(thread));
  }
  return !threads_.empty();
}

// The one that has waited longest; there is one, and the lock is held. Whoever counts takes it off.
BatchPool::Job BatchPool::take() noexcept {
  Job job = std::move(waiting_[first_]);
  first_ = (first_ + 1) % waiting_.size();
  return job;
}

std::unique_ptr<Batch> BatchPool::used() noexcept {
  std::lock_guard guard(mutex_);
  if (used_.empty()) return nullptr;
  auto batch = std::move(used_.back());
  used_.pop_back();
  return batch;
}

void BatchPool::add(std::unique_ptr<Batch> batch) noexcept {
  Job oldest;
  {
    std::lock_guard guard(mutex_);
    if (count_ == waiting_.size()) {
      oldest = take();
      --count_;
    }
    waiting_[(first_ + count_) % waiting_.size()] = {std::move(batch), added_++};
    ++count_;
  }
  work_.notify_one();
  if (oldest.batch != nullptr) run(std::move(oldest));
}

void BatchPool::drain() noexcept {
  std::unique_lock guard(mutex_);
  while (count_ != 0) {
    Job job = take();
    --count_;
    guard.unlock();
    run(std::move(job));
    guard.lock();
  }
  over_.wait(guard, [this] { return running_ == 0; });
}

const std::optional<LoadFailure>& BatchPool::failure() const {
  if (failed() && !failure_) throw std::bad_alloc();
  return failure_;
}

void BatchPool::serve() noexcept {
  std::unique_lock guard(mutex_);
  while (true) {
    work_.wait(guard, [this] { return count_ != 0 || stopping_; });
    if (count_ == 0) return;
    Job job = take();
    --count_;
    ++running_;
    guard.unlock();
    run(std::move(job));
    guard.lock();
    if (--running_ == 0) over_.notify_all();
  }
}

// Batches are begun in the order of their numbers, so those that one waits for are being done. One
// behind a failed one takes part only for the sake of those behind it.
void BatchPool::run(Job job) noexcept {
  bool no_memory = false;
  const auto wanted = [&] {
    return !no_memory && job.number <= first_failed_.load(std::memory_order_relaxed);
  };
  const auto attempt = [&](const auto& step) {
    if (!wanted()) return;
    try {
      step();
    } catch (const std::bad_alloc&) {
      no_memory = true;
      note_failure(job.number, std::nullopt);
    }
  };
  attempt([&] { job.batch->prepare(); });
  const auto turn = static_cast<uint32_t>(job.number);
  for (uint32_t lane = 0; lane < lanes_; ++lane) {
    std::atomic<uint32_t>& next = next_[lane].next;
    for (uint32_t now; (now = next.load(std::memory_order_acquire)) != turn;) next.wait(now);
    attempt([&] { job.batch->put(lane); });
    next.store(turn + 1, std::memory_order_release);
    next.notify_all();
  }
  attempt([&] {
    if (auto failure = job.batch->failure()) note_failure(job.number, std::move(failure));
  });
  job.batch->clear();
  std::lock_guard guard(mutex_);
  if (used_.size() != used_.capacity()) used_.push_back(std::move(job.batch));
}

void BatchPool::note_failure(uint64_t number, std::optional<LoadFailure> failure) noexcept {
  std::lock_guard guard(mutex_);
  if (number >= first_failed_.load(std::memory_order_relaxed)) return;
  first_failed_.store(number, std::memory_order_relaxed);
  failure_ = std::move(failure);
}

}  // namespace kevy
