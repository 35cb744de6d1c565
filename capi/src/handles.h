// The objects behind the handles.
//
// A session or subscription keeps its engine's memory alive; after kevy_stop it was killed and
// answers KEVY_CLOSED.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "guard.h"
#include "instance/instance.h"
#include "resp/reply_tree.h"
#include "runtime/protocol_session.h"

namespace kevy::capi {

/// An outbox's descriptor: readable while there is something in it.
class EventDescriptor final : public Waker {
 public:
  EventDescriptor() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~EventDescriptor() override {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }
  void wake() noexcept override {
    const uint64_t one = 1;
    (void)!write(descriptor_, &one, sizeof one);
  }
  /// After something was taken or looked for: not readable any more, unless there is something.
  void settle(const Outbox& outbox) noexcept {
    if (outbox.ready()) return;
    uint64_t count;
    (void)!read(descriptor_, &count, sizeof count);
    if (outbox.ready()) wake();
  }

 private:
  int descriptor_;
};

inline ReplyRoot* root_of(kevy_reply* reply) {
  return reinterpret_cast<ReplyRoot*>(reply);
}
inline kevy_reply* handle_of(ReplyRoot* root) { return reinterpret_cast<kevy_reply*>(root); }
inline const ReplyNode* node_of(const kevy_reply* reply) {
  return reinterpret_cast<const ReplyNode*>(reply);
}

/// The words of a command on the stack, or on the heap when there are many.
class Words {
 public:
  Words(size_t count, const char* const* words, const size_t* sizes) {
    Bytes* out = few_.words;
    if (count > kFew) {
      many_ = std::make_unique<Bytes[]>(count);
      out = many_.get();
    }
    for (size_t i = 0; i < count; ++i) {
      std::construct_at(out + i, words[i], sizes == nullptr ? std::strlen(words[i]) : sizes[i]);
    }
    args_ = Args(out, count);
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  Args args() const noexcept { return args_; }

 private:
  static constexpr size_t kFew = 8;
  union Few {
    // Clearing them would cost more than a short command has words; = default would be deleted.
    Few() noexcept {}  // NOLINT(modernize-use-equals-default)
    Bytes words[kFew];
  };
  Few few_;
  std::unique_ptr<Bytes[]> many_;
  Args args_;
};

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
