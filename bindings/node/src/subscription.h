// Subscription: the native half of lib/subscription.js. Messages stay in kevy's own bounded queue
// until JavaScript takes them, some at a time, when the subscription's descriptor says so.
#pragma once

#include "environment.h"

namespace kevy::node {

class Subscription final : public Wrapped<Subscription> {
 public:
  /// The class, as a JavaScript constructor without arguments: subscribe follows.
  static Napi::Function constructor(Napi::Env env);

  explicit Subscription(const Napi::CallbackInfo& info) : Wrapped(info) {}
  ~Subscription() override { release(); }
  void release() noexcept override;

 private:
  kevy_subscription* handle() const;

  /// subscribe(instance, kind, [channel, ...])
  napi_value subscribe(const Napi::CallbackInfo& info);
  napi_value close(const Napi::CallbackInfo& info);
  napi_value descriptor(const Napi::CallbackInfo& info);
  /// take(max, buffers): up to `max` messages that wait, as [payload, channel, pattern, ...]; one
  /// null behind them when kevy has ended the subscription and no more will come.
  napi_value take(const Napi::CallbackInfo& info);

  kevy_subscription* handle_ = nullptr;
};

}  // namespace kevy::node
