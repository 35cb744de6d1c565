// Instance: the native half of lib/instance.js. Its hot methods (get, set, exec, pipeline) are in
// hot_methods.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "environment.h"
#include "file_job.h"
#include "memory_account.h"

namespace kevy::node {

class Instance final : public Wrapped<Instance> {
 public:
  /// The class, as a JavaScript constructor without arguments: start() follows.
  static Napi::Function constructor(Napi::Env env);

  explicit Instance(const Napi::CallbackInfo& info);
  ~Instance() override { release(); }
  void release() noexcept override;
  kevy_status end() noexcept;

  /// The native half of an object that JavaScript hands over; refuses what has none.
  static Instance& of(const Napi::Value& value);

  using Wrapped::environment;
  /// Fails when it is stopped.
  kevy_instance* handle() const {
    if (handle_ == nullptr) [[unlikely]]
      fail(KEVY_CLOSED, "the instance was stopped");
    return handle_;
  }
  const std::shared_ptr<MemoryAccount>& account() const noexcept { return account_; }
  Integers integers() const noexcept { return integers_; }

 private:
  /// start([shards, databases, protocol, threads], bigints, [name, value, ...], [address, ...],
  /// on_progress): on_progress(done, total), or undefined, does not throw; what is not true ends
  /// it.
  napi_value start(const Napi::CallbackInfo& info);
  napi_value stop(const Napi::CallbackInfo& info);
  napi_value stopped(const Napi::CallbackInfo& info);
  napi_value get_many(const Napi::CallbackInfo& info);
  napi_value set_many(const Napi::CallbackInfo& info);
  napi_value listen(const Napi::CallbackInfo& info);
  napi_value address(const Napi::CallbackInfo& info);
  napi_value clock_now(const Napi::CallbackInfo& info);
  napi_value clock_freeze(const Napi::CallbackInfo& info);
  napi_value clock_advance(const Napi::CallbackInfo& info);
  napi_value clock_resume(const Napi::CallbackInfo& info);
  napi_value save(const Napi::CallbackInfo& info);
  /// backup(path, on_end, on_progress): see FileJob. Returns a number for cancel().
  napi_value backup(const Napi::CallbackInfo& info);
  napi_value load(const Napi::CallbackInfo& info);
  napi_value cancel(const Napi::CallbackInfo& info);
  napi_value begin_job(FileJob::Kind kind, const Napi::CallbackInfo& info);

  kevy_instance* handle_ = nullptr;
  std::shared_ptr<MemoryAccount> account_;
  Integers integers_ = Integers::kNumbers;
  std::vector<std::shared_ptr<RunningJob>> jobs_;  // by their numbers; those that ended go
};

}  // namespace kevy::node
