// WakeList: whom a publisher has to wake, remembered until it has given back its locks. Keeps them
// alive until then: a session may end meanwhile. One thread; adding allocates nothing.
#pragma once

#include <utility>

#include "runtime/pubsub/subscriber.h"

namespace kevy {

class WakeList {
 public:
  WakeList() = default;
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;

  /// A subscriber already in the list of another publisher is left to that one, whose wake-up is yet
  /// to come.
  void add(Subscriber& subscriber) noexcept {
    if (subscriber.listed_.exchange(true, std::memory_order_acq_rel)) return;
    subscriber.kept_ = subscriber.weak_from_this().lock();
    subscriber.next_ = std::exchange(first_, &subscriber);
  }

  bool empty() const noexcept { return first_ == nullptr; }
  /// Calls `visit` with each.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (Subscriber* one = first_; one != nullptr; one = one->next_) visit(*one);
  }

  /// To be called without a lock.
  void wake_all() noexcept {
    while (first_ != nullptr) {
      Subscriber& subscriber = *first_;
      const auto kept = std::move(subscriber.kept_);
      first_ = subscriber.next_;
      subscriber.listed_.exchange(false, std::memory_order_acq_rel);  // sees what others have put
      subscriber.outbox.wake();
    }
  }

 private:
  Subscriber* first_ = nullptr;
};

}  // namespace kevy
