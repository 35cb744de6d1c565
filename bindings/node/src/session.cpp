#include "session.h"

#include "hot_methods.h"
#include "instance.h"
#include "watcher.h"

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
                         method<&Session::submit>("_submit"),
                         method<&Session::finish>("_finish"),
                         method<&Session::cancel>("_cancel"),
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
  kevy_session_close(handle_);  // nothing is announced from here on
  handle_ = nullptr;
  waiting_.reset();
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

napi_value Session::feed(const Napi::CallbackInfo& info) {
  Arena& arena = environment().words().arena();
  arena.clear();
  const std::string_view fed = bytes_of(info.Env(), info[0], arena);
  const kevy_status status = kevy_session_feed(handle(), fed.data(), fed.size());
  if (status != KEVY_CLOSED) check(status);
  account_->ran(fed.size());
  return Napi::Boolean::New(info.Env(), status == KEVY_OK);
}

napi_value Session::take(const Napi::CallbackInfo&) {
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

napi_value Session::descriptor(const Napi::CallbackInfo& info) {
  int descriptor = -1;
  node::check(kevy_session_descriptor(handle(), &descriptor));
  return Napi::Number::New(info.Env(), descriptor);
}

void Session::announce(kevy_session*, void* waiting) {
  // Once it is told, JavaScript may free what waits.
  const Waiting told = *static_cast<const Waiting*>(waiting);
  told.ready->add({&told.id, 1});
}

napi_value Session::submit(const Napi::CallbackInfo& info) {
  kevy_session* const session = handle();
  const std::vector<napi_value> values = elements_of(info.Env(), info[2]);
  if (values.empty()) refuse("a command has at least its verb");
  Words& words = environment().words();
  words.clear();
  words.add_all(info.Env(), values);
  auto waiting = std::make_unique<Waiting>(
      Waiting{Watcher::of(info[0]).ready(), info[1].ToNumber().Uint32Value()});
  kevy_reply* reply = nullptr;
  const kevy_status status = kevy_session_submit(session, words.count(), words.data(),
                                                 words.sizes(), announce, waiting.get(), &reply);
  if (status == KEVY_PENDING) {
    waiting_ = std::move(waiting);
    return Napi::Boolean::New(info.Env(), true);
  }
  check(status);
  done_.reset(reply);
  account_->ran(words.bytes());
  return Napi::Boolean::New(info.Env(), false);
}

napi_value Session::finish(const Napi::CallbackInfo& info) {
  if (handle_ == nullptr) fail(KEVY_CLOSED, "the session was closed");
  ReplyPtr reply = std::move(done_);
  if (waiting_ != nullptr) {
    kevy_reply* outcome = nullptr;
    const kevy_status status = kevy_session_result(handle_, 0, &outcome);
    if (status == KEVY_TIMEOUT) fail(KEVY_INVALID, "the command waits on");
    waiting_.reset();
    check(status);
    reply.reset(outcome);
  }
  return environment().tape().of_reply(reply.get(), strings_of(info[0]), integers_);
}

napi_value Session::cancel(const Napi::CallbackInfo&) {
  if (handle_ != nullptr && waiting_ != nullptr) {
    const kevy_status status = kevy_session_cancel(handle_);
    if (status != KEVY_NOT_FOUND) check(status);
  }
  return nullptr;
}

}  // namespace kevy::node
