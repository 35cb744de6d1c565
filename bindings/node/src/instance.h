// Instance: the native half of lib/instance.js. Its hot methods (get, set, exec) are in
// hot_methods.cpp, without the wrapping that node-addon-api puts around a call.
#pragma once

#include <string>

#include "environment.h"

namespace kevy::node {

class Instance final : public Napi::ObjectWrap<Instance>, public Handle {
 public:
  /// The class, as a JavaScript constructor:
  /// new Instance(shards, databases, protocol, threads, [name, value, ...])
  static Napi::Function constructor(Napi::Env env);

  explicit Instance(const Napi::CallbackInfo& info);
  ~Instance() override { release(); }
  void release() noexcept override;

  /// The native half of an object that JavaScript hands over; throws a TypeError when it has none.
  static Instance& of(const Napi::Value& value);

  Environment& environment() noexcept { return environment_of_; }
  bool is_stopped() const noexcept { return handle_ == nullptr; }
  /// Throws when it is stopped.
  kevy_instance* handle() const {
    if (handle_ == nullptr) [[unlikely]] environment_of_.fail(KEVY_CLOSED, kStopped);
    return handle_;
  }

 private:
  static constexpr const char* kStopped = "the instance was stopped";

  void stop(const Napi::CallbackInfo& info);
  Napi::Value stopped(const Napi::CallbackInfo& info);
  Napi::Value pipeline(const Napi::CallbackInfo& info);
  Napi::Value get_many(const Napi::CallbackInfo& info);
  void set_many(const Napi::CallbackInfo& info);
  void listen(const Napi::CallbackInfo& info);
  Napi::Value addresses(const Napi::CallbackInfo& info);
  Napi::Value clock_now(const Napi::CallbackInfo& info);
  void clock_freeze(const Napi::CallbackInfo& info);
  void clock_advance(const Napi::CallbackInfo& info);
  void clock_resume(const Napi::CallbackInfo& info);

  Environment& environment_of_;
  kevy_instance* handle_ = nullptr;
};

}  // namespace kevy::node
