#include "subscription.h"

#include "instance.h"

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
using MessagePtr = std::unique_ptr<kevy_message, MessageFree>;

}  // namespace

Napi::Function Subscription::constructor(Napi::Env env) {
  return DefineClass(env, "Subscription",
                     {
                         method<&Subscription::subscribe>("_subscribe"),
                         method<&Subscription::close>("_close"),
                         method<&Subscription::descriptor>("_descriptor"),
                         method<&Subscription::take>("_take"),
                     });
}

napi_value Subscription::subscribe(const Napi::CallbackInfo& info) {
  if (handle_ != nullptr) refuse("the subscription was made before");
  const Instance& instance = Instance::of(info[0]);
  const int kind = info[1].ToNumber().Int32Value();
  if (kind < KEVY_SUBSCRIPTION_CHANNEL || kind > KEVY_SUBSCRIPTION_SHARDED) fail(KEVY_INVALID, "no such kind of subscription");
  const auto values = elements_of(info.Env(), info[2]);
  Words& words = environment().words();
  words.clear();
  words.add_all(info.Env(), values);
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.kind = static_cast<kevy_subscription_kind>(kind);
  check(kevy_subscribe(instance.handle(), words.count(), words.data(), words.sizes(), &options,
                       &handle_));
  return nullptr;
}

void Subscription::release() noexcept {
  if (handle_ != nullptr) kevy_subscription_close(handle_, 0);
  handle_ = nullptr;
}

kevy_subscription* Subscription::handle() const {
  if (handle_ == nullptr) fail(KEVY_CLOSED, "the subscription was closed");
  return handle_;
}

napi_value Subscription::close(const Napi::CallbackInfo&) {
  release();
  return nullptr;
}

napi_value Subscription::descriptor(const Napi::CallbackInfo& info) {
  int descriptor = -1;
  check(kevy_subscription_descriptor(handle(), &descriptor));
  return Napi::Number::New(info.Env(), descriptor);
}

napi_value Subscription::take(const Napi::CallbackInfo& info) {
  const uint32_t max = info[0].ToNumber().Uint32Value();
  const Strings strings = info[1].ToBoolean() ? Strings::kBuffers : Strings::kText;
  kevy_subscription* const subscription = handle();
  std::vector<MessagePtr> messages;
  bool is_last = false;
  while (messages.size() < max) {
    kevy_message* next = nullptr;
    const kevy_status status = kevy_subscription_next(subscription, 0, &next);
    if (status == KEVY_OK) {
      messages.emplace_back(next);
      continue;
    }
    if (status == KEVY_TIMEOUT) break;
    is_last = status == KEVY_CLOSED;
    if (is_last) break;
    if (messages.empty()) check(status);
    break;
  }
  Tape& tape = environment().tape();
  tape.begin(strings, messages.size() * 3 + is_last);
  for (const MessagePtr& message : messages) {
    tape.add_string(part_of(message.get(), kevy_message_payload));
    tape.add_string(part_of(message.get(), kevy_message_channel));
    if (kevy_message_kind(message.get()) == KEVY_SUBSCRIPTION_PATTERN) {
      tape.add_string(part_of(message.get(), kevy_message_pattern));
    } else {
      tape.add_null();
    }
  }
  if (is_last) tape.add_null();
  return tape.finish();
}

}  // namespace kevy::node
