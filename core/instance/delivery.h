// Delivery: the one thread of an instance that hands pushed messages to the host's callbacks. Started
// with the first recipient; sleeps while there is nothing to deliver. Callbacks take turns on it, so
// a slow one delays the others, but no publisher.
//
// Any thread may call any method.
#pragma once

#include <mutex>
#include <thread>

#include "base/condition.h"
#include "base/result.h"
#include "runtime/pubsub/outbox.h"

namespace kevy {

class Delivery {
 public:
  /// Somebody whose outbox has had something put in. Woken and delivered to without a lock.
  class Recipient : public Waker {
   public:
    explicit Recipient(Delivery& delivery) : delivery_(delivery) {}
    void wake() noexcept final { delivery_.enqueue(*this); }

   protected:
    enum class After { kDone, kMore, kGone };

   private:
    friend class Delivery;
    /// Hands over some messages, on the delivery thread. kMore: there may be others; kGone: the
    /// recipient has deleted itself, and was removed before.
    virtual After deliver() = 0;

    Delivery& delivery_;
    bool queued_ = false;  // guarded by the delivery's mutex, as is next_
    Recipient* next_ = nullptr;
  };

  ~Delivery() { stop(); }

  /// Starts the thread, if there is none yet. May be called again when that failed.
  Status start();
  /// Waits until what the recipient was woken for is handed over. From within a delivery it hands it over
  /// itself, but for the recipient's own.
  void finish(Recipient& recipient);
  /// Forgets the recipient; on return it is not delivered to and will not be. From within its own
  /// delivery it returns at once.
  void remove(Recipient& recipient);
  /// Ends the thread, once the delivery that runs is over. Final.
  void stop();

 private:
  void enqueue(Recipient& recipient) noexcept;
  void append(Recipient& recipient) noexcept;
  Recipient& take_first() noexcept;
  void run();

  std::mutex mutex_;  // guards what follows
  Condition queued_;
  Condition delivered_;
  Recipient* first_ = nullptr;  // of those to be delivered to, a list through next_
  Recipient* last_ = nullptr;
  Recipient* current_ = nullptr;
  std::thread thread_;
  std::thread::id thread_id_;
  bool stopping_ = false;
};

}  // namespace kevy
