// Threads of the library. All signals are blocked in them, since signals are the host's. Starting a
// thread may fail at any time, for want of memory or by a limit of the system; callers go on
// without.
#pragma once

#include <cerrno>
#include <csignal>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace kevy {

/// Returns a thread that is not joinable when none could be started; errno says why.
template <typename Body>
[[nodiscard]] std::thread start_thread(Body&& body) noexcept {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  int code = 0;
  try {
    thread = std::thread(std::forward<Body>(body));
  } catch (const std::system_error& error) {  // no thread, as the caller is told
    code = error.code().value();
  } catch (const std::bad_alloc&) {
    code = ENOMEM;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (code != 0) errno = code;
  return thread;
}

}  // namespace kevy
