// Threads of the library: they take no signals, which are the host's. Starting one may fail at any
// time, for want of memory or by a limit of the system's, and is no reason to end anything.
#pragma once

#include <csignal>
#include <exception>
#include <thread>
#include <utility>

namespace kevy {

/// Not joinable when no thread could be started.
template <typename Body>
[[nodiscard]] std::thread start_thread(Body&& body) noexcept {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(std::forward<Body>(body));
  } catch (const std::exception&) {  // then there is none
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace kevy
