#include "instance/delivery.h"

#include <cerrno>

#include "base/thread.h"

namespace kevy {

Status Delivery::start() {
  std::lock_guard guard(mutex_);
  if (thread_.joinable() || stopping_) return Done{};
  thread_ = start_thread([this] { run(); });
  if (!thread_.joinable()) return Error{Error::Kind::kSystem, "no thread could be started", errno};
  return Done{};
}

void Delivery::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  queued_.notify_all();
  delivered_.notify_all();
  std::thread ending = std::move(thread_);
  lock.unlock();
  if (!ending.joinable()) return;
  ending.join();
  lock.lock();
  thread_id_ = {};  // another thread may get it
}

void Delivery::enqueue(Recipient& recipient) noexcept {
  std::lock_guard guard(mutex_);
  if (recipient.queued_) return;
  append(recipient);
  queued_.notify_one();
}

void Delivery::append(Recipient& recipient) noexcept {
  recipient.queued_ = true;
  recipient.next_ = nullptr;
  (first_ == nullptr ? first_ : last_->next_) = &recipient;
  last_ = &recipient;
}

Delivery::Recipient& Delivery::take_first() noexcept {
  Recipient& taken = *first_;
  first_ = taken.next_;
  taken.queued_ = false;
  return taken;
}

void Delivery::finish(Recipient& recipient) {
  std::unique_lock lock(mutex_);
  if (thread_id_ != std::this_thread::get_id()) {
    delivered_.wait(lock, [&] { return stopping_ || (!recipient.queued_ && current_ != &recipient); });
    return;
  }
  if (current_ == &recipient) return;
  lock.unlock();
  while (recipient.deliver() == Recipient::After::kMore) {
  }
}

void Delivery::remove(Recipient& recipient) {
  std::unique_lock lock(mutex_);
  if (thread_id_ != std::this_thread::get_id()) {
    delivered_.wait(lock, [&] { return current_ != &recipient; });
  }
  if (!recipient.queued_) return;
  Recipient* before = nullptr;
  for (Recipient* item = first_; item != &recipient; item = item->next_) before = item;
  (before == nullptr ? first_ : before->next_) = recipient.next_;
  if (last_ == &recipient) last_ = before;
  recipient.queued_ = false;
}

void Delivery::run() {
  std::unique_lock lock(mutex_);
  thread_id_ = std::this_thread::get_id();
  while (true) {
    queued_.wait(lock, [&] { return stopping_ || first_ != nullptr; });
    if (stopping_) return;
    Recipient& recipient = take_first();
    current_ = &recipient;
    lock.unlock();
    const Recipient::After after = recipient.deliver();
    lock.lock();
    current_ = nullptr;
    if (after == Recipient::After::kMore && !recipient.queued_) append(recipient);
    delivered_.notify_all();
  }
}

}  // namespace kevy
