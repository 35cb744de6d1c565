// ShutdownNotice: tells the host that SHUTDOWN was run, by the thread that calls back, so that no
// shard is held and nothing waits for the host. While the instance loads, which the host waits for,
// it is that which ends, with the script that may be running, and nobody is told.
//
// Any thread may call any method.
#pragma once

#include <mutex>
#include <utility>

#include "base/cancel_flag.h"
#include "instance/delivery.h"
#include "runtime/dispatch/script_status.h"
#include "runtime/persistence/shutdown.h"

namespace kevy {

class ShutdownNotice final : public Shutdown, private Delivery::Recipient {
 public:
  using Callback = void (*)(void* user);

  ShutdownNotice(Delivery& delivery, ScriptStatus& scripts)
      : Recipient(delivery), delivery_(delivery), scripts_(scripts) {}

  /// Who is told from now on, with what; nullptr: nobody. On return who was told before is not told
  /// and will not be, unless it is he who calls.
  void set(Callback callback, void* user) {
    {
      std::lock_guard guard(mutex_);
      callback_ = callback;
      user_ = user;
    }
    delivery_.remove(*this);
    if (asked()) wake();
  }
  /// `cancel` ends it too.
  void begin_loading(CancelFlag cancel) noexcept {
    std::lock_guard guard(mutex_);
    loading_ = true;
    cancel_ = cancel;
    scripts_.set_cancel(cancel);
  }
  /// Whether loading is to end.
  bool ends_loading() noexcept {
    std::lock_guard guard(mutex_);
    return loading_ && (asked_ || cancel_.set());
  }
  /// From here on the host is told. True: that loading is to end came before, and that is over.
  bool end_loading() noexcept {
    std::lock_guard guard(mutex_);
    loading_ = false;
    scripts_.set_cancel({});
    return std::exchange(asked_, false) || std::exchange(cancel_, {}).set();
  }
  /// What the last SHUTDOWN said, or kByRules.
  Saving saving() noexcept {
    std::lock_guard guard(mutex_);
    return saving_;
  }

  bool possible() noexcept override {
    std::lock_guard guard(mutex_);
    return callback_ != nullptr || loading_;
  }
  void ask(Saving saving) noexcept override {
    {
      std::lock_guard guard(mutex_);
      saving_ = saving;
      asked_ = true;
      if (loading_) {
        scripts_.end_now();
        return;
      }
    }
    wake();
  }

 private:
  After deliver() override {
    Callback callback;
    void* user;
    {
      std::lock_guard guard(mutex_);
      if (!asked_) return After::kDone;
      callback = callback_;
      user = user_;
      asked_ = callback == nullptr;
    }
    if (callback != nullptr) callback(user);
    return After::kDone;
  }

  bool asked() noexcept {
    std::lock_guard guard(mutex_);
    return asked_;
  }

  Delivery& delivery_;
  ScriptStatus& scripts_;
  std::mutex mutex_;  // guards what follows
  Callback callback_ = nullptr;
  void* user_ = nullptr;
  bool asked_ = false;  // and not told yet
  bool loading_ = false;
  CancelFlag cancel_;  // of loading
  Saving saving_ = Saving::kByRules;
};

}  // namespace kevy
