// Subscription: the native half of lib/subscription.js. Messages stay in kevy's own bounded queue
// until JavaScript takes them, some at a time, when the subscription's descriptor says so.
#pragma once

#include "environment.h"

namespace kevy::node {

class Subscription final : public Napi::ObjectWrap<Subscription>, public Handle {
 public:
  /// The class, as a JavaScript constructor: new Subscription(instance, kind, [channel, ...])
  static Napi::Function constructor(Napi::Env env);

  explicit Subscription(const Napi::CallbackInfo& info);
  ~Subscription() override { release(); }
  void release() noexcept override;

 private:
  kevy_subscription* handle() const;

  void close(const Napi::CallbackInfo& info);
  Napi::Value descriptor(const Napi::CallbackInfo& info);
  /// take(max, buffers): up to `max` messages that wait, as [payload, channel, pattern, ...]; null
  /// when kevy has ended the subscription.
  Napi::Value take(const Napi::CallbackInfo& info);

  Environment& environment_of_;
  kevy_subscription* handle_ = nullptr;
};

}  // namespace kevy::node
