// The objects behind the handles.
//
// A session or subscription keeps its engine's memory alive; after kevy_stop it was killed and
// answers KEVY_CLOSED.
#pragma once

#include <atomic>
#include <cerrno>
#include <memory>

#include "base/event_descriptor.h"
#include "guard.h"
#include "instance/instance.h"
#include "resp/reply_tree.h"
#include "runtime/session/protocol_session.h"

namespace kevy::capi {

/// An outbox's descriptor: readable while there is something in it, or in its owner's output. A
/// system call is made only where that changes. The owner may wake beside the outbox, but settles
/// through it.
class OutboxDescriptor final : public Waker {
 public:
  int get() const noexcept { return event_.get(); }
  void wake() noexcept override {
    if (!readable_.exchange(true, std::memory_order_acq_rel)) event_.signal();
  }
  void settle() noexcept override {
    if (readable_.exchange(false, std::memory_order_acq_rel)) event_.clear();
  }

 private:
  EventDescriptor event_;
  std::atomic<bool> readable_{false};
};

/// A timeout of the interface's in microseconds: for ever when it is below zero, or as good as.
inline int64_t microseconds_of(int64_t timeout_ms) noexcept {
  if (timeout_ms < 0) return -1;
  return timeout_ms > INT64_MAX / 1000 ? INT64_MAX : timeout_ms * 1000;
}

/// Gives the turn's locks back, and throws Unsafe when what its commands have seen or done can not
/// be made safe.
inline void settle(Turn& turn) {
  if (!turn.settle()) [[unlikely]]
    throw Unsafe();
}

inline ReplyRoot* root_of(kevy_reply* reply) { return reinterpret_cast<ReplyRoot*>(reply); }
inline kevy_reply* handle_of(ReplyRoot* root) { return reinterpret_cast<kevy_reply*>(root); }
inline const ReplyNode* node_of(const kevy_reply* reply) {
  return reinterpret_cast<const ReplyNode*>(reply);
}

}  // namespace kevy::capi

struct kevy_instance {
  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
};

namespace kevy::capi {

/// Whether an instance may be called at all.
inline kevy_status check(const kevy_instance* instance) noexcept {
  if (instance == nullptr) return null_argument();
  return instance->generation != fork_generation() ? forked() : KEVY_OK;
}

/// The RESP version of whoever asks for none.
inline int default_protocol(const kevy_instance& instance) noexcept {
  return instance.engine->settings().protocol_default.load(std::memory_order_relaxed);
}

/// Makes the descriptor of an outbox, which is to be told to wake it.
inline kevy_status make_descriptor(std::unique_ptr<OutboxDescriptor>& descriptor) {
  auto made = std::make_unique<OutboxDescriptor>();
  if (made->get() < 0) return fail_with(KEVY_SYSTEM, "no descriptor left for an eventfd", errno);
  descriptor = std::move(made);
  return KEVY_OK;
}
/// Has an outbox tell `waker`, and also what it has had to tell already.
inline void set_waker(Outbox& outbox, Waker& waker) noexcept {
  outbox.set_waker(&waker);
  if (outbox.ready()) waker.wake();
}

/// For keys, values and channels outside of a command.
inline kevy_status check_longest(const kevy_instance& instance, size_t longest) noexcept {
  if (longest <= instance.engine->settings().word_max()) [[likely]]
    return KEVY_OK;
  return fail(KEVY_REFUSED, "ERR Protocol error: invalid bulk length");
}

}  // namespace kevy::capi
