// MemoryAccount: what V8 is told that an instance takes, so that it collects instances that nobody
// knows any more before there are too many of them. Asking costs about as much as a command does;
// so it is asked for only after so many bytes or commands. Sessions share the account of their
// instance.
#pragma once

#include <kevy.h>
#include <napi.h>

namespace kevy::node {

class MemoryAccount {
 public:
  MemoryAccount(Napi::Env env, kevy_instance* instance);
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  /// A command with so many bytes of words was run.
  void ran(size_t bytes) noexcept {
    constexpr size_t kCommand = 64;  // what one without words counts
    due_ += bytes + kCommand;
    if (due_ >= kMeasureAfter) [[unlikely]]
      measure();
  }
  /// The instance is no more.
  void close() noexcept;

 private:
  static constexpr size_t kMeasureAfter = 65'536;
  static constexpr int64_t kEmpty = 32'768;  // an instance without data

  void measure() noexcept;
  void tell(int64_t bytes) noexcept;

  Napi::Env env_;
  kevy_instance* instance_;
  size_t due_ = 0;
  int64_t told_ = 0;
};

}  // namespace kevy::node
