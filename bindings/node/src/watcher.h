// Watcher: tells JavaScript which of kevy's descriptors have become readable, through N-API alone
// (libuv's own polling is not part of the ABI that one binary for all Node versions can rely on).
//
// One thread an environment sleeps in epoll while at least one descriptor is watched. A descriptor
// is reported once, and again after rearm(); so what is pending is bounded by what is watched.
// All methods are for the environment's thread.
//
// It knows the function that it tells weakly: whoever made it keeps both, and once they are dropped
// (a Jest environment with its modules) nothing of kevy's holds them.
#pragma once

#include <memory>
#include <thread>

#include "environment.h"
#include "ready_ids.h"

namespace kevy::node {

class Watcher final : public Wrapped<Watcher> {
 public:
  /// The class, as a JavaScript constructor: new Watcher(onReady), where onReady is called with the
  /// ids that are readable.
  static Napi::Function constructor(Napi::Env env);

  explicit Watcher(const Napi::CallbackInfo& info);
  ~Watcher() override { release(); }
  void release() noexcept override;

  /// The native half of an object that JavaScript hands over; refuses what has none.
  static Watcher& of(const Napi::Value& value);
  /// For what becomes ready without a descriptor.
  const std::shared_ptr<ReadyIds>& ready() const noexcept { return ready_; }

  /// Calls onReady with what is readable.
  void tell() noexcept;
  /// The same with what is readable at this moment, before a process without anything else to do
  /// ends.
  void tell_ready() noexcept;

 private:
  /// watch(descriptor, id)
  napi_value watch(const Napi::CallbackInfo& info);
  napi_value rearm(const Napi::CallbackInfo& info);
  /// unwatch(descriptor, id), before the descriptor is closed.
  napi_value unwatch(const Napi::CallbackInfo& info);
  /// While more ref() than unref() were called, the watcher keeps the process alive.
  napi_value ref(const Napi::CallbackInfo& info);
  napi_value unref(const Napi::CallbackInfo& info);

  void start_thread();
  void stop_thread() noexcept;
  void run() noexcept;
  void control(const Napi::CallbackInfo& info, int operation);

  Napi::FunctionReference on_ready_;  // weak
  uint32_t refs_ = 0;
  uint32_t watched_ = 0;
  int epoll_ = -1;
  int stop_ = -1;
  std::thread thread_;
  bool released_ = false;
  std::shared_ptr<ReadyIds> ready_;
};

}  // namespace kevy::node
