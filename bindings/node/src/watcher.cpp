#include "watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>

#include "thread.h"
#include "watchers.h"

namespace kevy::node {

namespace {

constexpr uint32_t kStopId = 0;  // JavaScript's ids begin at 1
constexpr int kEventsMax = 64;
constexpr napi_type_tag kTag{0x6b6576792d776174, 0x636865722d303031};

}  // namespace

Napi::Function Watcher::constructor(Napi::Env env) {
  return DefineClass(env, "Watcher",
                     {
                         method<&Watcher::watch>("watch"),
                         method<&Watcher::rearm>("rearm"),
                         method<&Watcher::unwatch>("unwatch"),
                         method<&Watcher::ref>("ref"),
                         method<&Watcher::unref>("unref"),
                     });
}

Watcher::Watcher(const Napi::CallbackInfo& info) : Wrapped(info) {
  if (!info[0].IsFunction()) throw Napi::TypeError::New(info.Env(), "a Watcher takes a function");
  on_ready_ = Napi::Weak(info[0].As<Napi::Function>());
  napi_type_tag_object(info.Env(), info.This(), &kTag);
  ready_ = std::make_shared<ReadyIds>(environment().watchers(), *this);
  environment().watchers().add(*this);
}

void Watcher::release() noexcept {
  if (released_) return;
  released_ = true;
  if (ready_ != nullptr) ready_->close();
  stop_thread();
  if (refs_ != 0) environment().watchers().unref();
  environment().watchers().remove(*this);
}

Watcher& Watcher::of(const Napi::Value& value) {
  bool tagged = false;
  if (value.IsObject()) napi_check_object_type_tag(value.Env(), value, &kTag, &tagged);
  void* self = nullptr;
  if (!tagged || napi_unwrap(value.Env(), value, &self) != napi_ok) refuse("not a Watcher");
  return *static_cast<Watcher*>(self);
}

void Watcher::start_thread() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kStopId;
  if (epoll_ < 0 || stop_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_, &event) != 0) {
    stop_thread();
    fail(KEVY_SYSTEM, "no descriptor left to wait for messages with");
  }
  try {
    thread_ = node::start_thread([this] { run(); });
  } catch (const std::system_error&) {
    stop_thread();
    fail(KEVY_SYSTEM, "no thread left to wait for messages with");
  }
}

void Watcher::stop_thread() noexcept {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!write(stop_, &one, sizeof one);
    thread_.join();
  }
  if (epoll_ >= 0) close(epoll_);
  if (stop_ >= 0) close(stop_);
  epoll_ = stop_ = -1;
}

void Watcher::run() noexcept {
  epoll_event events[kEventsMax];
  uint32_t ids[kEventsMax];
  for (;;) {
    const int count = epoll_wait(epoll_, events, kEventsMax, -1);
    size_t ready = 0;
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u32 == kStopId) return;
      ids[ready++] = events[i].data.u32;
    }
    ready_->add({ids, ready});
  }
}

// Calls onReady with what is readable.
void Watcher::tell() noexcept {
  const std::vector<uint32_t> ready = ready_->take();
  const napi_env env = Env();
  const Napi::HandleScope scope(env);
  const napi_value on_ready = on_ready_.Value();
  if (on_ready == nullptr || ready.empty()) return;
  std::vector<napi_value> ids(ready.size());
  for (size_t i = 0; i < ready.size(); ++i) napi_create_uint32(env, ready[i], &ids[i]);
  napi_value global = nullptr;
  napi_get_global(env, &global);
  // What it throws stays pending, and Node reports it; a Worker that is being terminated refuses.
  napi_call_function(env, global, on_ready, ids.size(), ids.data(), nullptr);
}

void Watcher::tell_ready() noexcept {
  if (watched_ != 0) {
    epoll_event events[kEventsMax];
    const int count = epoll_wait(epoll_, events, kEventsMax, 0);
    for (int i = 0; i < count; ++i) {
      const uint32_t id = events[i].data.u32;
      ready_->add({&id, 1});
    }
  }
  tell();
}

void Watcher::control(const Napi::CallbackInfo& info, int operation) {
  const int descriptor = info[0].ToNumber().Int32Value();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u32 = info[1].ToNumber().Uint32Value();
  if (epoll_ctl(epoll_, operation, descriptor, &event) != 0) {
    throw Failure{KEVY_SYSTEM, std::string("epoll: ") + std::strerror(errno)};
  }
}

napi_value Watcher::watch(const Napi::CallbackInfo& info) {
  if (released_) fail(KEVY_CLOSED, "the environment has ended");
  if (watched_ == 0) start_thread();
  try {
    control(info, EPOLL_CTL_ADD);
  } catch (...) {
    if (watched_ == 0) stop_thread();
    throw;
  }
  ++watched_;
  return nullptr;
}

napi_value Watcher::rearm(const Napi::CallbackInfo& info) {
  control(info, EPOLL_CTL_MOD);
  return nullptr;
}

napi_value Watcher::unwatch(const Napi::CallbackInfo& info) {
  control(info, EPOLL_CTL_DEL);
  if (--watched_ == 0) stop_thread();
  return nullptr;
}

napi_value Watcher::ref(const Napi::CallbackInfo&) {
  if (!released_ && refs_++ == 0) environment().watchers().ref();
  return nullptr;
}

napi_value Watcher::unref(const Napi::CallbackInfo&) {
  if (!released_ && refs_ != 0 && --refs_ == 0) environment().watchers().unref();
  return nullptr;
}

}  // namespace kevy::node
