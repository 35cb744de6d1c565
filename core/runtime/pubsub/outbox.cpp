#include "runtime/pubsub/outbox.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <iterator>
#include <mutex>
#include <new>

#include "base/clock.h"

namespace kevy {

void Outbox::set_waker(Waker* waker) noexcept {
  std::lock_guard guard(waker_lock_);
  waker_ = waker;
}

Outbox::Put Outbox::put(MessagePtr message) noexcept {
  std::lock_guard guard(lock_);
  if (finishing_ || cancelled_.load(std::memory_order_relaxed)) return Put::kRefused;
  const size_t bytes = this->bytes() + message->weight();
  const bool was_over_soft = overrun_.over_soft();
  if (too_much(bytes)) {
    end();
    return Put::kEnded;
  }
  try {
    messages_.push_back(std::move(message));
  } catch (const std::bad_alloc&) {
    end();  // a stream with a gap is none
    return Put::kEnded;
  }
  bytes_.store(bytes, std::memory_order_relaxed);
  ready_.fetch_or(kMessages, std::memory_order_seq_cst);
  return messages_.size() == 1 || was_over_soft != overrun_.over_soft() ? Put::kWake : Put::kQueued;
}

void Outbox::wake() noexcept {
  {
    std::lock_guard guard(waker_lock_);
    if (waker_ != nullptr && ready()) waker_->wake();
  }
  if (sleepers_.load(std::memory_order_seq_cst) != 0) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&ready_), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr,
            nullptr, 0);
  }
}

void Outbox::settle() noexcept {
  std::lock_guard guard(waker_lock_);
  if (waker_ != nullptr && !ready()) waker_->settle();
}

// Whoever holds the session is told of its end by ready(), until it says that it has noticed.
void Outbox::note_emptied() noexcept {
  if (finishing_ && !cancelled_.load(std::memory_order_relaxed)) end();
  if (!cancelled_.load(std::memory_order_relaxed)) {
    ready_.fetch_and(~kMessages, std::memory_order_release);
  }
}

void Outbox::acknowledge_end() noexcept {
  std::lock_guard guard(lock_);
  ready_.store(0, std::memory_order_release);
}

MessagePtr Outbox::take() {
  std::lock_guard guard(lock_);
  if (messages_.empty()) {
    note_emptied();
    return {};
  }
  MessagePtr message = std::move(messages_.front());
  messages_.pop_front();
  if (reply_place_ != kOpen && reply_place_ != 0) --reply_place_;
  subtract(*message);
  if (messages_.empty()) note_emptied();
  return message;
}

MessagePtr Outbox::first() noexcept {
  std::lock_guard guard(lock_);
  return messages_.empty() ? MessagePtr() : messages_.front();
}

void Outbox::place_reply() noexcept {
  if (reply_place_ != kOpen) return;
  std::lock_guard guard(lock_);
  reply_place_ = messages_.size();
}

size_t Outbox::before_reply() noexcept {
  std::lock_guard guard(lock_);
  return std::min(reply_place_, messages_.size());
}

void Outbox::begin_reply() noexcept {
  std::lock_guard guard(lock_);
  reply_place_ = messages_.size();
}

void Outbox::open_reply() noexcept {
  std::lock_guard guard(lock_);
  reply_place_ = kOpen;
}

void Outbox::resume() noexcept {
  std::lock_guard guard(lock_);
  reply_place_ = std::min(reply_place_, messages_.size());
  ready_.fetch_or(kResumed, std::memory_order_seq_cst);
}

void Outbox::left(ChannelKind kind, Bytes name) noexcept {
  std::lock_guard guard(lock_);
  if (reply_place_ >= messages_.size()) return;
  const auto is_left = [&](const MessagePtr& message) { return message->came_by(kind, name); };
  const auto own = messages_.begin() + static_cast<std::ptrdiff_t>(reply_place_);
  if (pushes_apart_) {
    const auto last = std::find_if(messages_.rbegin(), std::make_reverse_iterator(own), is_left);
    // What is told of keys stays behind the reply, which may show what they were before.
    const auto behind = std::stable_partition(
        own, last.base(), [](const MessagePtr& message) { return !message->about_keys(); });
    reply_place_ = static_cast<size_t>(behind - messages_.begin());
    return;
  }
  const auto dropped = std::remove_if(own, messages_.end(), [&](const MessagePtr& message) {
    const bool drops = is_left(message);
    if (drops) subtract(*message);
    return drops;
  });
  messages_.erase(dropped, messages_.end());
  if (messages_.empty()) note_emptied();
}

bool Outbox::within_limit() noexcept {
  std::lock_guard guard(lock_);
  if (!cancelled_.load(std::memory_order_relaxed) && too_much(bytes())) end();
  return !cancelled_.load(std::memory_order_relaxed);
}

void Outbox::cancel() noexcept {
  std::lock_guard guard(lock_);
  if (!cancelled_.load(std::memory_order_relaxed)) end();
}

void Outbox::finish() noexcept {
  std::lock_guard guard(lock_);
  finishing_ = true;
  if (messages_.empty() && !cancelled_.load(std::memory_order_relaxed)) end();
}

bool Outbox::too_much(size_t bytes) noexcept {
  return overrun_.too_much(bytes + unread_.load(std::memory_order_relaxed), limit_);
}

void Outbox::end() noexcept {
  cancelled_.store(true, std::memory_order_release);
  messages_.clear();
  bytes_.store(0, std::memory_order_relaxed);
  ready_.fetch_or(kMessages, std::memory_order_seq_cst);
}

void Outbox::subtract(const Message& message) noexcept {
  bytes_.store(bytes() - message.weight(), std::memory_order_relaxed);
}

bool Outbox::wait(uint32_t for_what, int64_t timeout_us) {
  const auto over = [&] {
    return (ready_.load(std::memory_order_acquire) & for_what) != 0 || cancelled();
  };
  if (over()) return true;
  if (timeout_us == 0) return false;
  const int64_t now_us = Clock::monotonic_us();
  const int64_t deadline = timeout_us > INT64_MAX - now_us ? INT64_MAX : now_us + timeout_us;
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  bool in_time = true;
  while (!over() && in_time) {
    timespec left{};
    if (timeout_us > 0) {
      const int64_t left_us = deadline - Clock::monotonic_us();
      in_time = left_us > 0;
      left.tv_sec = left_us / 1'000'000;
      left.tv_nsec = left_us % 1'000'000 * 1000;
    }
    const uint32_t other = ready_.load(std::memory_order_acquire);
    if (in_time && (other & for_what) == 0) {
      syscall(SYS_futex, reinterpret_cast<uint32_t*>(&ready_), FUTEX_WAIT_PRIVATE, other,
              timeout_us > 0 ? &left : nullptr, nullptr, 0);
    }
  }
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  return over();
}

}  // namespace kevy
