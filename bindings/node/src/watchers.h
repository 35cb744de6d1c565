// Watchers: all of an environment's, and the one function that their threads wake the event loop
// with. That is made when the addon is loaded: Node keeps what is current when it is made (an
// AsyncLocalStorage's store, and all that this leads to) for as long as it lives.
//
// call() is for any thread, the rest for the environment's.
#pragma once

#include <napi.h>

#include <unordered_set>

namespace kevy::node {

class Watcher;

class Watchers {
 public:
  explicit Watchers(Napi::Env env);
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  void add(Watcher& watcher);
  void remove(Watcher& watcher) noexcept { all_.erase(&watcher); }

  /// Has watcher.tell() called on the event loop, if it is still there then.
  void call(Watcher& watcher) noexcept;

  /// While more ref() than unref() were called, the process is kept alive.
  void ref() noexcept;
  void unref() noexcept;

 private:
  static void on_call(napi_env env, napi_value, void* self, void* watcher);
  void listen_for_end();
  void tell_ready() noexcept;

  Napi::Env env_;
  napi_threadsafe_function call_ = nullptr;
  uint32_t refs_ = 0;
  std::unordered_set<Watcher*> all_;
  bool listens_for_end_ = false;
};

}  // namespace kevy::node
