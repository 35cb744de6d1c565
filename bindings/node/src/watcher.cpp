#include "watcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>

#include "thread.h"

namespace kevy::node {

namespace {

constexpr uint32_t kStopId = 0;  // JavaScript's ids begin at 1
constexpr int kEventsMax = 64;

}  // namespace

Napi::Function Watcher::constructor(Napi::Env env) {
  return DefineClass(env, "Watcher",
                     {
                         InstanceMethod<&Watcher::watch>("watch"),
                         InstanceMethod<&Watcher::rearm>("rearm"),
                         InstanceMethod<&Watcher::unwatch>("unwatch"),
                         InstanceMethod<&Watcher::poll>("poll"),
                         InstanceMethod<&Watcher::ref>("ref"),
                         InstanceMethod<&Watcher::unref>("unref"),
                     });
}

Watcher::Watcher(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const Napi::Env env = info.Env();
  const auto name = Napi::String::New(env, "kevy");
  if (!info[0].IsFunction() ||
      napi_create_threadsafe_function(env, info[0], nullptr, name, 0, 1, nullptr, nullptr, this,
                                      report, &call_) != napi_ok) {
    throw Napi::TypeError::New(env, "a Watcher takes a function");
  }
  napi_unref_threadsafe_function(env, call_);
  // After the threadsafe function was made, so that this runs before Node frees it.
  napi_add_env_cleanup_hook(
      env,
      [](void* self) {
        auto& watcher = *static_cast<Watcher*>(self);
        watcher.stop_thread();
        watcher.ended_ = true;
      },
      this);
  // Lives as long as its environment.
  Ref();
}

Watcher::~Watcher() { stop_thread(); }

void Watcher::start_thread() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kStopId;
  if (epoll_ < 0 || stop_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_, &event) != 0) {
    stop_thread();
    throw Napi::Error::New(Env(), "no descriptor left to wait for messages with");
  }
  thread_ = node::start_thread([this] { run(); });
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
  for (;;) {
    const int count = epoll_wait(epoll_, events, kEventsMax, -1);
    bool was_empty = false;
    {
      const std::lock_guard guard(mutex_);
      was_empty = ready_.empty();
      for (int i = 0; i < count; ++i) {
        if (events[i].data.u32 == kStopId) return;
        ready_.push_back(events[i].data.u32);
      }
    }
    // Not empty: a call is on its way that will take these too.
    if (was_empty && count > 0) napi_call_threadsafe_function(call_, nullptr, napi_tsfn_nonblocking);
  }
}

napi_value Watcher::take_ready(napi_env env) {
  std::vector<uint32_t> ready;
  {
    const std::lock_guard guard(mutex_);
    ready.swap(ready_);
  }
  napi_value ids = nullptr;
  napi_create_array_with_length(env, ready.size(), &ids);
  for (uint32_t i = 0; i < ready.size(); ++i) {
    napi_value id = nullptr;
    napi_create_uint32(env, ready[i], &id);
    napi_set_element(env, ids, i, id);
  }
  return ids;
}

void Watcher::report(napi_env env, napi_value on_ready, void* context, void*) {
  if (env == nullptr) return;  // the environment is ending
  napi_value ids = static_cast<Watcher*>(context)->take_ready(env);
  napi_value global = nullptr;
  napi_get_global(env, &global);
  // What it throws stays pending, and Node reports it; a Worker that is being terminated refuses.
  napi_call_function(env, global, on_ready, 1, &ids, nullptr);
}

Napi::Value Watcher::poll(const Napi::CallbackInfo& info) {
  if (watched_ != 0) {
    epoll_event events[kEventsMax];
    const int count = epoll_wait(epoll_, events, kEventsMax, 0);
    const std::lock_guard guard(mutex_);
    for (int i = 0; i < count; ++i) ready_.push_back(events[i].data.u32);
  }
  return {info.Env(), take_ready(info.Env())};
}

void Watcher::control(const Napi::CallbackInfo& info, int operation) {
  const int descriptor = info[0].ToNumber().Int32Value();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u32 = info[1].ToNumber().Uint32Value();
  if (epoll_ctl(epoll_, operation, descriptor, &event) != 0) {
    throw Napi::Error::New(info.Env(), std::string("epoll: ") + std::strerror(errno));
  }
}

void Watcher::watch(const Napi::CallbackInfo& info) {
  if (ended_) throw Napi::Error::New(info.Env(), "the environment has ended");
  if (watched_ == 0) start_thread();
  try {
    control(info, EPOLL_CTL_ADD);
  } catch (...) {
    if (watched_ == 0) stop_thread();
    throw;
  }
  ++watched_;
}

void Watcher::rearm(const Napi::CallbackInfo& info) { control(info, EPOLL_CTL_MOD); }

void Watcher::unwatch(const Napi::CallbackInfo& info) {
  control(info, EPOLL_CTL_DEL);
  if (--watched_ == 0) stop_thread();
}

void Watcher::ref(const Napi::CallbackInfo& info) {
  if (refs_++ == 0) napi_ref_threadsafe_function(info.Env(), call_);
}

void Watcher::unref(const Napi::CallbackInfo& info) {
  if (refs_ != 0 && --refs_ == 0) napi_unref_threadsafe_function(info.Env(), call_);
}

}  // namespace kevy::node
