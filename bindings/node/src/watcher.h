// Watcher: tells JavaScript which of kevy's descriptors have become readable, through N-API alone
// (libuv's own polling is not part of the ABI that one binary for all Node versions can rely on).
//
// One thread an environment sleeps in epoll while at least one descriptor is watched. A descriptor
// is reported once, and again after rearm(); so what is pending is bounded by what is watched.
// All methods are for the environment's thread.
#pragma once

#include <napi.h>

#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace kevy::node {

class Watcher final : public Napi::ObjectWrap<Watcher> {
 public:
  /// The class, as a JavaScript constructor: new Watcher(onReady), where onReady gets an array of
  /// the ids that are readable.
  static Napi::Function constructor(Napi::Env env);

  explicit Watcher(const Napi::CallbackInfo& info);
  ~Watcher() override;

 private:
  /// watch(descriptor, id)
  void watch(const Napi::CallbackInfo& info);
  void rearm(const Napi::CallbackInfo& info);
  /// unwatch(descriptor, id), before the descriptor is closed.
  void unwatch(const Napi::CallbackInfo& info);
  /// The ids that are readable now, which are then not reported to onReady.
  Napi::Value poll(const Napi::CallbackInfo& info);
  /// While more ref() than unref() were called, the watcher keeps the process alive.
  void ref(const Napi::CallbackInfo& info);
  void unref(const Napi::CallbackInfo& info);

  void start_thread();
  void stop_thread() noexcept;
  void run() noexcept;
  void control(const Napi::CallbackInfo& info, int operation);
  napi_value take_ready(napi_env env);
  static void report(napi_env env, napi_value on_ready, void* context, void* data);

  napi_threadsafe_function call_ = nullptr;
  uint32_t refs_ = 0;
  uint32_t watched_ = 0;
  int epoll_ = -1;
  int stop_ = -1;
  std::thread thread_;
  bool ended_ = false;  // the environment has ended

  std::mutex mutex_;  // guards what follows
  std::vector<uint32_t> ready_;
};

}  // namespace kevy::node
