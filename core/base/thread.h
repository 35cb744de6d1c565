// Threads of the library. All signals are blocked in them, since signals are the host's. Starting a
// thread may fail at any time, for want of memory or by a limit of the system; callers go on
// without.
#pragma once

#include <csignal>
#include <exception>
#include <thread>
#include <utility>

namespace kevy {

/// Returns a thread that is not joinable when none could be started.
template <typename Body>
[[nodiscard]] std::thread start_thread(Body&& body) noexcept {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(std::forward<Body>(body));
  } catch (const std::exception&) {  // no thread, as the caller is told
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace kevy
