#include "session.h"

#include "hot_methods.h"
#include "instance.h"

namespace kevy::node {

namespace {

Strings strings_of(const Napi::Value& buffers) {
  return buffers.ToBoolean() ? Strings::kBuffers : Strings::kText;
}

}  // namespace

Napi::Function Session::constructor(Napi::Env env) {
  return DefineClass(env, "Session",
                     {
                         method<&Session::open>("_open"),
                         method<&Session::close>("_close"),
                         method<&Session::closed>("_closed"),
                         method<&Session::next>("_next"),
                         method<&Session::feed>("_feed"),
                         method<&Session::take>("_take"),
                         method<&Session::descriptor>("_descriptor"),
                         method<&Session::begin>("_begin"),
                         method<&Session::finish>("_finish"),
                     });
}

Session::Session(const Napi::CallbackInfo& info) : Wrapped(info) {
  add_hot_methods(info.This().As<Napi::Object>(), *this);
}

napi_value Session::open(const Napi::CallbackInfo& info) {
  if (account_ != nullptr) refuse("the session was opened before");
  const Instance& instance = Instance::of(info[0]);
  check(kevy_session_open(instance.handle(), nullptr, &handle_));
  account_ = instance.account();
  integers_ = instance.integers();
  return nullptr;
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
  if (handle_ == nullptr) fail(KEVY_CLOSED, "the session was closed");
  if (waiting_ != nullptr) {
    fail(KEVY_INVALID, "a command of this session still waits for its reply");
  }
  return handle_;
}

napi_value Session::close(const Napi::CallbackInfo&) {
  release();
  return nullptr;
}

napi_value Session::closed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), handle_ == nullptr);
}

napi_value Session::next(const Napi::CallbackInfo& info) {
  kevy_reply* push = nullptr;
  const kevy_status status = kevy_session_next(handle(), 0, &push);
  if (status == KEVY_TIMEOUT) return nullptr;
  check(status);
  const ReplyPtr owner(push);
  return environment().tape().of_reply(push, strings_of(info[0]), integers_);
}

bool Session::feed(napi_value bytes) {
  Arena& arena = environment().words().arena();
  arena.clear();
  const std::string_view fed = bytes_of(environment().env(), bytes, arena);
  const kevy_status status = kevy_session_feed(handle(), fed.data(), fed.size());
  if (status != KEVY_CLOSED) check(status);
  account_->ran(fed.size());
  return status == KEVY_OK;
}

napi_value Session::take() {
  const Napi::Env env = environment().env();
  kevy_session* const session = handle();
  char* const buffer = environment().scratch();
  const auto result = [&](const char* data, size_t size) {
    napi_value value = nullptr;
    node::check(napi_create_buffer_copy(env, size, data, nullptr, &value));
    return value;
  };
  std::string all;
  for (;;) {
    size_t size = 0;
    const kevy_status status = kevy_session_take(session, buffer, Environment::kScratch, &size);
    if (status == KEVY_CLOSED && all.empty()) return nullptr;
    if (status != KEVY_CLOSED) node::check(status);
    const bool last = size < Environment::kScratch;
    if (last && all.empty()) return result(buffer, size);
    all.append(buffer, size);
    if (last) return result(all.data(), all.size());
  }
}

napi_value Session::feed(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), feed(info[0]));
}

napi_value Session::take(const Napi::CallbackInfo&) { return take(); }

napi_value Session::descriptor(const Napi::CallbackInfo& info) {
  int descriptor = -1;
  node::check(kevy_session_descriptor(handle(), &descriptor));
  return Napi::Number::New(info.Env(), descriptor);
}

napi_value Session::begin(const Napi::CallbackInfo& info) {
  std::vector<napi_value> values(info.Length());
  for (size_t i = 0; i < values.size(); ++i) values[i] = info[i];
  Words& words = environment().words();
  words.clear();
  words.add_all(info.Env(), values);
  std::shared_ptr<WaitingCall> call = WaitingCall::start(handle(), words);
  if (call == nullptr) {
    fail(KEVY_SYSTEM, "no thread or descriptor left for a command that waits");
  }
  waiting_ = std::move(call);
  return Napi::Number::New(info.Env(), waiting_->descriptor());
}

napi_value Session::finish(const Napi::CallbackInfo& info) {
  if (waiting_ == nullptr || !waiting_->is_done()) {
    fail(KEVY_INVALID, "no command of this session is done");
  }
  const std::shared_ptr<WaitingCall> call = std::move(waiting_);
  if (call->status() != KEVY_OK) fail(call->status(), call->message().c_str());
  return environment().tape().of_reply(call->reply(), strings_of(info[0]), integers_);
}

}  // namespace kevy::node
