#include "subscription.h"

#include "instance.h"
#include "reply_value.h"

namespace kevy::node {

namespace {

using Part = const char* (*)(const kevy_message*, size_t*);

std::string_view part_of(const kevy_message* message, Part part) {
  size_t size = 0;
  const char* data = part(message, &size);
  return {data, size};
}

struct MessageFree {
  void operator()(kevy_message* message) const noexcept { kevy_message_free(message); }
};

}  // namespace

Napi::Function Subscription::constructor(Napi::Env env) {
  return DefineClass(env, "Subscription",
                     {
                         InstanceMethod<&Subscription::close>("_close"),
                         InstanceMethod<&Subscription::descriptor>("_descriptor"),
                         InstanceMethod<&Subscription::take>("_take"),
                     });
}

Subscription::Subscription(const Napi::CallbackInfo& info)
    : ObjectWrap(info), Handle(Environment::of(info.Env())),
      environment_of_(Environment::of(info.Env())) {
  Instance& instance = Instance::of(info[0]);
  const auto kind = static_cast<kevy_subscription_kind>(info[1].ToNumber().Int32Value());
  Arena& arena = environment_of_.words().arena();
  arena.clear();
  std::vector<kevy_slice> channels;
  const auto given = info[2].As<Napi::Array>();
  for (uint32_t i = 0; i < given.Length(); ++i) {
    const std::string_view channel = bytes_of(info.Env(), given.Get(i), arena);
    channels.push_back({channel.data(), channel.size()});
  }
  environment_of_.check(kevy_subscribe(instance.handle(), kind, channels.size(), channels.data(),
                                       nullptr, nullptr, &handle_));
}

void Subscription::release() noexcept {
  if (handle_ != nullptr) kevy_subscription_close(handle_);
  handle_ = nullptr;
}

kevy_subscription* Subscription::handle() const {
  if (handle_ == nullptr) environment_of_.fail(KEVY_CLOSED, "the subscription was closed");
  return handle_;
}

void Subscription::close(const Napi::CallbackInfo&) { release(); }

Napi::Value Subscription::descriptor(const Napi::CallbackInfo& info) {
  int descriptor = -1;
  environment_of_.check(kevy_subscription_descriptor(handle(), &descriptor));
  return Napi::Number::New(info.Env(), descriptor);
}

Napi::Value Subscription::take(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const uint32_t max = info[0].ToNumber().Uint32Value();
  const bool buffers = info[1].ToBoolean();
  const auto value = [&](std::string_view bytes) -> Napi::Value {
    if (buffers) return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
    return {env, text_of(env, bytes)};
  };
  kevy_subscription* subscription = handle();
  Napi::Array all = Napi::Array::New(env);
  for (uint32_t i = 0; i < max * 3; i += 3) {
    kevy_message* next = nullptr;
    const kevy_status status = kevy_subscription_next(subscription, 0, &next);
    if (status == KEVY_TIMEOUT) break;
    if (status == KEVY_CLOSED) {
      if (i == 0) return env.Null();
      all.Set("last", true);
      break;
    }
    environment_of_.check(status);
    const std::unique_ptr<kevy_message, MessageFree> message(next);
    const Napi::HandleScope scope(env);
    all.Set(i, value(part_of(next, kevy_message_payload)));
    all.Set(i + 1, value(part_of(next, kevy_message_channel)));
    const bool matched = kevy_message_kind(next) == KEVY_PATTERN;
    all.Set(i + 2, matched ? value(part_of(next, kevy_message_pattern)) : env.Null());
  }
  return all;
}

}  // namespace kevy::node
