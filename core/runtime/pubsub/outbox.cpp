#include "runtime/pubsub/outbox.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>
#include <mutex>

#include "base/clock.h"

namespace kevy {

namespace {

constexpr size_t kMessageOverhead = 64;

size_t weight(const Message& message) {
  return kMessageOverhead + message.pattern().size() + message.channel().size() +
         message.payload().size();
}

}  // namespace

void Outbox::set_waker(Waker* waker) noexcept {
  std::lock_guard guard(lock_);
  waker_ = waker;
}

void Outbox::set_limit(size_t bytes) noexcept {
  std::lock_guard guard(lock_);
  limit_ = bytes;
}

void Outbox::put(MessagePtr message) {
  {
    std::lock_guard guard(lock_);
    if (cancelled_.load(std::memory_order_relaxed)) return;
    bytes_ += weight(*message);
    if (limit_ != 0 && bytes_ > limit_) {
      cancelled_.store(true, std::memory_order_release);
      messages_.clear();
      bytes_ = 0;
    } else {
      messages_.push_back(std::move(message));
      if (messages_.size() != 1) return;
    }
    signal();
  }
  wake_sleepers();
}

MessagePtr Outbox::take() {
  std::lock_guard guard(lock_);
  if (messages_.empty()) return {};
  MessagePtr message = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= weight(*message);
  if (messages_.empty() && !cancelled_.load(std::memory_order_relaxed)) {
    ready_.store(0, std::memory_order_release);
  }
  return message;
}

void Outbox::cancel() noexcept {
  {
    std::lock_guard guard(lock_);
    cancelled_.store(true, std::memory_order_release);
    signal();
  }
  wake_sleepers();
}

void Outbox::signal() noexcept {
  ready_.store(1, std::memory_order_seq_cst);
  if (waker_ != nullptr) waker_->wake();
}

// Without the lock, which whoever wakes up takes first.
void Outbox::wake_sleepers() noexcept {
  if (sleepers_.load(std::memory_order_seq_cst) != 0) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&ready_), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr,
            nullptr, 0);
  }
}

bool Outbox::wait(int64_t timeout_us) {
  if (ready()) return true;
  if (timeout_us == 0) return false;
  const int64_t deadline = Clock::monotonic_us() + timeout_us;
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  bool in_time = true;
  while (!ready() && in_time) {
    timespec left{};
    if (timeout_us > 0) {
      const int64_t left_us = deadline - Clock::monotonic_us();
      in_time = left_us > 0;
      left.tv_sec = left_us / 1'000'000;
      left.tv_nsec = left_us % 1'000'000 * 1000;
    }
    if (in_time) {
      syscall(SYS_futex, reinterpret_cast<uint32_t*>(&ready_), FUTEX_WAIT_PRIVATE, 0,
              timeout_us > 0 ? &left : nullptr, nullptr, 0);
    }
  }
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  return ready();
}

}  // namespace kevy
