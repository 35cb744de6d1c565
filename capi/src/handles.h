// The objects behind the handles.
//
// A session or subscription keeps its engine's memory alive; after kevy_stop it was killed and
// answers KEVY_CLOSED.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "base/event_descriptor.h"
#include "guard.h"
#include "instance/instance.h"
#include "resp/reply_tree.h"
#include "runtime/session/protocol_session.h"

namespace kevy::capi {

/// An outbox's descriptor: readable while there is something in it.
class OutboxDescriptor final : public Waker {
 public:
  int get() const noexcept { return event_.get(); }
  void wake() noexcept override { event_.signal(); }
  void settle() noexcept override { event_.clear(); }

 private:
  EventDescriptor event_;
};

/// A timeout of the interface's in microseconds: for ever when it is below zero, or as good as.
inline int64_t microseconds_of(int64_t timeout_ms) noexcept {
  if (timeout_ms < 0) return -1;
  return timeout_ms > INT64_MAX / 1000 ? INT64_MAX : timeout_ms * 1000;
}

inline ReplyRoot* root_of(kevy_reply* reply) {
  return reinterpret_cast<ReplyRoot*>(reply);
}
inline kevy_reply* handle_of(ReplyRoot* root) { return reinterpret_cast<kevy_reply*>(root); }
inline const ReplyNode* node_of(const kevy_reply* reply) {
  return reinterpret_cast<const ReplyNode*>(reply);
}

/// The words of a command on the stack, or on the heap when there are many. Complete unless one of
/// them, or all of `words`, is NULL.
class Words {
 public:
  Words(size_t count, const char* const* words, const size_t* sizes) {
    if (words == nullptr) return;
    Bytes* out = few_.words;
    if (count > kFew) {
      many_ = std::make_unique<Bytes[]>(count);
      out = many_.get();
    }
    size_t bits = 0;
    for (size_t i = 0; i < count; ++i) {
      if (words[i] == nullptr) return;
      const size_t size = sizes == nullptr ? std::strlen(words[i]) : sizes[i];
      std::construct_at(out + i, words[i], size);
      bits |= size;
    }
    args_ = Args(out, count);
    size_bits_ = bits;
    complete_ = true;
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  bool complete() const noexcept { return complete_; }
  Args args() const noexcept { return args_; }
  /// Whether one is so long that there may be a limit to it, which is then to be looked at.
  bool any_long() const noexcept { return size_bits_ >= kLimitMin; }

 private:
  static constexpr size_t kFew = 8;
  static constexpr size_t kLimitMin = 1024 * 1024;  // of proto-max-bulk-len
  union Few {
    // Clearing them would cost more than a short command has words; = default would be deleted.
    Few() noexcept {}  // NOLINT(modernize-use-equals-default)
    Bytes words[kFew];
  };
  Few few_;
  std::unique_ptr<Bytes[]> many_;
  Args args_;
  size_t size_bits_ = 0;  // those that any of the sizes has
  bool complete_ = false;
};

/// Whether one of the words, or all of them, is NULL.
inline bool has_null(size_t count, const char* const* words) {
  if (words == nullptr) return true;
  for (size_t i = 0; i < count; ++i) {
    if (words[i] == nullptr) return true;
  }
  return false;
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

/// For keys, values and channels outside of a command.
inline kevy_status check_longest(const kevy_instance& instance, size_t longest) noexcept {
  if (longest <= instance.engine->settings().word_max()) [[likely]] return KEVY_OK;
  return fail(KEVY_REFUSED, "ERR Protocol error: invalid bulk length");
}

/// Whether it may be called without a session.
inline kevy_status check_open(const kevy_instance* instance) noexcept {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  if (instance->engine->settings().password_set.load(std::memory_order_relaxed)) {
    return fail(KEVY_NO_AUTH, "the instance wants a password: open a session and send AUTH");
  }
  return KEVY_OK;
}

}  // namespace kevy::capi
