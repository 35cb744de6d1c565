// ShutdownNotice: tells the host that SHUTDOWN was run, by the thread that calls back, so that no
// shard is held and nothing waits for the host.
//
// Any thread may call any method.
#pragma once

#include <mutex>

#include "instance/delivery.h"
#include "runtime/persistence/shutdown.h"

namespace kevy {

class ShutdownNotice final : public Shutdown, private Delivery::Recipient {
 public:
  using Callback = void (*)(void* user);

  explicit ShutdownNotice(Delivery& delivery) : Recipient(delivery) {}

  /// Who is told from now on, with what; nullptr: nobody.
  void set(Callback callback, void* user) noexcept {
    std::lock_guard guard(mutex_);
    callback_ = callback;
    user_ = user;
  }
  /// What the last SHUTDOWN said, or kByRules.
  Saving saving() noexcept {
    std::lock_guard guard(mutex_);
    return saving_;
  }

  bool possible() noexcept override {
    std::lock_guard guard(mutex_);
    return callback_ != nullptr;
  }
  void ask(Saving saving) noexcept override {
    {
      std::lock_guard guard(mutex_);
      saving_ = saving;
    }
    wake();
  }

 private:
  After deliver() override {
    Callback callback;
    void* user;
    {
      std::lock_guard guard(mutex_);
      callback = callback_;
      user = user_;
    }
    if (callback != nullptr) callback(user);
    return After::kDone;
  }

  std::mutex mutex_;  // guards what follows
  Callback callback_ = nullptr;
  void* user_ = nullptr;
  Saving saving_ = Saving::kByRules;
};

}  // namespace kevy
