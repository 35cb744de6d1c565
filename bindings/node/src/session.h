// Session: the native half of lib/session.js. It belongs to its environment's thread, except while
// a command waits: then to the thread of that WaitingCall, and every other use is refused. Its hot
// methods (exec, pipeline, converse) are in hot_methods.cpp.
#pragma once

#include <memory>

#include "environment.h"
#include "memory_account.h"
#include "waiting_call.h"

namespace kevy::node {

class Session final : public Wrapped<Session> {
 public:
  /// The class, as a JavaScript constructor without arguments: open(instance) follows.
  static Napi::Function constructor(Napi::Env env);

  explicit Session(const Napi::CallbackInfo& info);
  ~Session() override { release(); }
  void release() noexcept override;

  using Wrapped::environment;
  /// Fails when it is closed, or when a command waits.
  kevy_session* handle() const;
  const std::shared_ptr<MemoryAccount>& account() const noexcept { return account_; }
  Integers integers() const noexcept { return integers_; }

  /// Runs what is complete in the bytes; false once the session has ended.
  bool feed(napi_value bytes);
  /// What the session has to say, as a Buffer; undefined when it has ended and said all.
  napi_value take();

 private:
  napi_value open(const Napi::CallbackInfo& info);
  napi_value close(const Napi::CallbackInfo& info);
  napi_value closed(const Napi::CallbackInfo& info);
  napi_value next(const Napi::CallbackInfo& info);
  napi_value feed(const Napi::CallbackInfo& info);
  napi_value take(const Napi::CallbackInfo& info);
  napi_value descriptor(const Napi::CallbackInfo& info);
  /// begin(...words): runs a command on a thread of its own; returns a descriptor that polls
  /// readable when it is done.
  napi_value begin(const Napi::CallbackInfo& info);
  /// finish(buffers): the reply of what begin started, once it is done.
  napi_value finish(const Napi::CallbackInfo& info);

  kevy_session* handle_ = nullptr;
  std::shared_ptr<MemoryAccount> account_;
  Integers integers_ = Integers::kNumbers;
  std::shared_ptr<WaitingCall> waiting_;
};

}  // namespace kevy::node
