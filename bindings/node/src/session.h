// Session: the native half of lib/session.js. It belongs to its environment's thread, except while
// a command waits: then to the thread of that WaitingCall, and every other use is refused.
#pragma once

#include <memory>

#include "environment.h"
#include "waiting_call.h"

namespace kevy::node {

class Session final : public Napi::ObjectWrap<Session>, public Handle {
 public:
  /// The class, as a JavaScript constructor: new Session(instance)
  static Napi::Function constructor(Napi::Env env);

  explicit Session(const Napi::CallbackInfo& info);
  ~Session() override { release(); }
  void release() noexcept override;

 private:
  /// Throws when it is closed, or when a command waits.
  kevy_session* handle() const;

  void close(const Napi::CallbackInfo& info);
  Napi::Value closed(const Napi::CallbackInfo& info);
  Napi::Value exec(const Napi::CallbackInfo& info);
  Napi::Value pipeline(const Napi::CallbackInfo& info);
  Napi::Value next(const Napi::CallbackInfo& info);
  Napi::Value feed(const Napi::CallbackInfo& info);
  Napi::Value take(const Napi::CallbackInfo& info);
  Napi::Value descriptor(const Napi::CallbackInfo& info);
  /// begin(words): runs a command on a thread of its own; returns a descriptor that polls readable
  /// when it is done.
  Napi::Value begin(const Napi::CallbackInfo& info);
  /// finish(buffers): the reply of what begin started, once it is done.
  Napi::Value finish(const Napi::CallbackInfo& info);

  Environment& environment_of_;
  kevy_session* handle_ = nullptr;
  std::shared_ptr<WaitingCall> waiting_;
};

}  // namespace kevy::node
