// Shared by all functions of the C ABI: the thread's error message, the guard that lets no
// exception out, and the check for use after fork().
#pragma once

#include <atomic>
#include <exception>
#include <new>
#include <string_view>

#include "base/result.h"
#include "kevy.h"

namespace kevy::capi {

/// Remembers why a call fails, for kevy_last_error, and hands the status back. The text is
/// constant.
kevy_status fail(kevy_status status, const char* constant) noexcept;
/// The same with a text that is copied, and the errno that goes with it.
kevy_status fail_with(kevy_status status, std::string_view text, int code = 0) noexcept;

/// The same for a call that reads or writes files, or asks the system for something else.
kevy_status fail_with(const Error& error) noexcept;

/// How often this process has become a child of fork() since count_forks was first called.
inline std::atomic<uint32_t> fork_count{0};
inline uint32_t fork_generation() noexcept { return fork_count.load(std::memory_order_relaxed); }
/// To be called before the first handle is made.
void count_forks() noexcept;

/// What a command has done or seen can not be made safe on disk, so that nothing is to be told of
/// it.
struct Unsafe final : std::exception {
  const char* what() const noexcept override {
    return "MISCONF The append-only file can not be written: the command has run, and what it has "
           "done "
           "or seen may be lost.";
  }
};

template <typename Body>
kevy_status guard(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(KEVY_NO_MEMORY, "out of memory");
  } catch (const Unsafe& unsafe) {
    return fail(KEVY_REFUSED, unsafe.what());
  } catch (const std::exception& error) {
    return fail_with(KEVY_SYSTEM, error.what());
  }
}

inline kevy_status null_argument() noexcept {
  return fail(KEVY_INVALID, "an argument that must not be NULL is NULL");
}
inline kevy_status forked() noexcept {
  return fail(KEVY_FORKED, "the handle belongs to the parent process: start one in the child");
}
inline kevy_status timed_out() noexcept {
  return fail(KEVY_TIMEOUT, "nothing came in the time given");
}
inline kevy_status cancelled() noexcept {
  return fail(KEVY_CANCELLED, "kevy_session_cancel has ended the command's wait");
}
inline kevy_status closed() noexcept {
  return fail(KEVY_CLOSED, "the instance was stopped, or the session was closed");
}

}  // namespace kevy::capi
