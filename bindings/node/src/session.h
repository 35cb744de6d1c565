// Session: the native half of lib/session.js. While a command waits, every other use is refused.
// Its hot methods (exec, pipeline, converse) are in hot_methods.cpp.
#pragma once

#include <memory>

#include "environment.h"
#include "memory_account.h"
#include "ready_ids.h"
#include "reply.h"

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

 private:
  napi_value open(const Napi::CallbackInfo& info);
  napi_value close(const Napi::CallbackInfo& info);
  napi_value closed(const Napi::CallbackInfo& info);
  napi_value next(const Napi::CallbackInfo& info);
  /// feed(bytes): runs what is complete in them; false once the session has ended.
  napi_value feed(const Napi::CallbackInfo& info);
  /// take(): what the session has to say, as a Buffer; undefined when it has ended and said all.
  napi_value take(const Napi::CallbackInfo& info);
  napi_value descriptor(const Napi::CallbackInfo& info);
  /// submit(watcher, id, words): gives a command that may wait. True: it does, and the watcher
  /// tells of the id when it is over.
  napi_value submit(const Napi::CallbackInfo& info);
  /// finish(buffers): the reply to what was submitted, once it is over.
  napi_value finish(const Napi::CallbackInfo& info);
  /// Ends the wait, if it has not ended.
  napi_value cancel(const Napi::CallbackInfo& info);

  /// A command that waits, for the thread that tells of its end.
  struct Waiting {
    std::shared_ptr<ReadyIds> ready;
    uint32_t id;
  };
  static void announce(kevy_session* session, void* waiting);

  kevy_session* handle_ = nullptr;
  std::shared_ptr<MemoryAccount> account_;
  Integers integers_ = Integers::kNumbers;
  std::unique_ptr<Waiting> waiting_;
  ReplyPtr done_;  // of what did not have to wait
};

}  // namespace kevy::node
