#include "session.h"

#include "instance.h"
#include "pipeline.h"

namespace kevy::node {

Napi::Function Session::constructor(Napi::Env env) {
  return DefineClass(env, "Session",
                     {
                         InstanceMethod<&Session::close>("_close"),
                         InstanceAccessor<&Session::closed>("closed"),
                         InstanceMethod<&Session::exec>("_exec"),
                         InstanceMethod<&Session::pipeline>("_pipeline"),
                         InstanceMethod<&Session::next>("_next"),
                         InstanceMethod<&Session::feed>("_feed"),
                         InstanceMethod<&Session::take>("_take"),
                         InstanceMethod<&Session::descriptor>("_descriptor"),
                         InstanceMethod<&Session::begin>("_begin"),
                         InstanceMethod<&Session::finish>("_finish"),
                     });
}

Session::Session(const Napi::CallbackInfo& info)
    : ObjectWrap(info), Handle(Environment::of(info.Env())),
      environment_of_(Environment::of(info.Env())) {
  environment_of_.check(kevy_session_open(Instance::of(info[0]).handle(), &handle_));
}

void Session::release() noexcept {
  if (waiting_ != nullptr) {
    waiting_->abandon();
    waiting_.reset();
  } else {
    kevy_session_close(handle_);
  }
  handle_ = nullptr;
}

kevy_session* Session::handle() const {
  if (handle_ == nullptr) environment_of_.fail(KEVY_CLOSED, "the session was closed");
  if (waiting_ != nullptr) {
    environment_of_.fail(KEVY_INVALID, "a command of this session still waits for its reply");
  }
  return handle_;
}

void Session::close(const Napi::CallbackInfo&) { release(); }

Napi::Value Session::closed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), handle_ == nullptr);
}

Napi::Value Session::exec(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Words& words = environment_of_.words();
  words.clear();
  words.add_all(info[0].As<Napi::Array>());
  kevy_reply* reply = nullptr;
  environment_of_.check(
      kevy_session_exec(handle(), words.count(), words.data(), words.sizes(), &reply));
  if (reply == nullptr) return env.Undefined();
  const ReplyPtr owner(reply);
  const Strings strings = info[1].ToBoolean() ? Strings::kBuffers : Strings::kText;
  return {env, value_of(environment_of_, reply, strings)};
}

Napi::Value Session::pipeline(const Napi::CallbackInfo& info) {
  return run_pipeline(environment_of_, info, [&](auto... arguments) {
    return kevy_session_pipeline(handle(), arguments...);
  });
}

Napi::Value Session::next(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  kevy_reply* push = nullptr;
  const kevy_status status = kevy_session_next(handle(), 0, &push);
  if (status == KEVY_TIMEOUT) return env.Undefined();
  environment_of_.check(status);
  const ReplyPtr owner(push);
  const Strings strings = info[0].ToBoolean() ? Strings::kBuffers : Strings::kText;
  return {env, part_value_of(environment_of_, push, strings)};
}

Napi::Value Session::feed(const Napi::CallbackInfo& info) {
  Arena& arena = environment_of_.words().arena();
  arena.clear();
  const std::string_view bytes = bytes_of(info.Env(), info[0], arena);
  const kevy_status status = kevy_session_feed(handle(), bytes.data(), bytes.size());
  if (status != KEVY_CLOSED) environment_of_.check(status);
  return Napi::Boolean::New(info.Env(), status == KEVY_OK);
}

Napi::Value Session::take(const Napi::CallbackInfo& info) {
  kevy_session* session = handle();
  std::string all;
  for (;;) {
    size_t size = 0;
    const kevy_status status =
        kevy_session_take(session, environment_of_.scratch(), Environment::kScratch, &size);
    if (status != KEVY_CLOSED || all.empty()) environment_of_.check(status);
    const bool last = size < Environment::kScratch;
    if (last && all.empty()) {
      return Napi::Buffer<char>::Copy(info.Env(), environment_of_.scratch(), size);
    }
    all.append(environment_of_.scratch(), size);
    if (last) return Napi::Buffer<char>::Copy(info.Env(), all.data(), all.size());
  }
}

Napi::Value Session::descriptor(const Napi::CallbackInfo& info) {
  int descriptor = -1;
  environment_of_.check(kevy_session_descriptor(handle(), &descriptor));
  return Napi::Number::New(info.Env(), descriptor);
}

Napi::Value Session::begin(const Napi::CallbackInfo& info) {
  kevy_session* session = handle();
  Words& words = environment_of_.words();
  words.clear();
  words.add_all(info[0].As<Napi::Array>());
  std::shared_ptr<WaitingCall> call = WaitingCall::start(session, words);
  if (call == nullptr) {
    environment_of_.fail(KEVY_SYSTEM, "no thread or descriptor left for a command that waits");
  }
  waiting_ = std::move(call);
  return Napi::Number::New(info.Env(), waiting_->descriptor());
}

Napi::Value Session::finish(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (waiting_ == nullptr || !waiting_->is_done()) {
    environment_of_.fail(KEVY_INVALID, "no command of this session is done");
  }
  const std::shared_ptr<WaitingCall> call = std::move(waiting_);
  if (call->status() != KEVY_OK) environment_of_.fail(call->status(), call->message().c_str());
  if (call->reply() == nullptr) return env.Undefined();
  const Strings strings = info[0].ToBoolean() ? Strings::kBuffers : Strings::kText;
  return {env, value_of(environment_of_, call->reply(), strings)};
}

}  // namespace kevy::node
