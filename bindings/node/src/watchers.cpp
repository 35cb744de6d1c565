#include "watchers.h"

#include <vector>

#include "watcher.h"

namespace kevy::node {

Watchers::Watchers(Napi::Env env) : env_(env) {
  const auto name = Napi::String::New(env, "kevy");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                      on_call, &call_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, call_);
}

void Watchers::add(Watcher& watcher) {
  if (!listens_for_end_) listen_for_end();
  all_.insert(&watcher);
}

void Watchers::call(Watcher& watcher) noexcept {
  napi_call_threadsafe_function(call_, &watcher, napi_tsfn_nonblocking);
}

void Watchers::on_call(napi_env env, napi_value, void* self, void* watcher) {
  if (env == nullptr) return;  // it is ending
  auto* const told = static_cast<Watcher*>(watcher);
  if (static_cast<Watchers*>(self)->all_.contains(told)) told->tell();
}

void Watchers::ref() noexcept {
  if (refs_++ == 0) napi_ref_threadsafe_function(env_, call_);
}

void Watchers::unref() noexcept {
  if (--refs_ == 0) napi_unref_threadsafe_function(env_, call_);
}

// Waiting for messages keeps no process alive, but what was published before its end is still
// delivered. One function for all that is loaded over this environment, and none of JavaScript's:
// process would keep whatever that belongs to.
void Watchers::listen_for_end() {
  const auto process = env_.Global().Get("process").As<Napi::Object>();
  const auto tell = Napi::Function::New(
      env_,
      [](const Napi::CallbackInfo& info) { static_cast<Watchers*>(info.Data())->tell_ready(); },
      "kevy", this);
  process.Get("on").As<Napi::Function>().Call(process,
                                              {Napi::String::New(env_, "beforeExit"), tell});
  listens_for_end_ = true;
}

void Watchers::tell_ready() noexcept {
  const std::vector<Watcher*> all(all_.begin(), all_.end());
  for (Watcher* watcher : all) {
    if (all_.contains(watcher)) watcher->tell_ready();
  }
}

}  // namespace kevy::node
