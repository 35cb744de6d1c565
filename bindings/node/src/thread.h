// Threads of the addon's own: with all signals blocked, which are the host's.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace kevy::node {

/// Throws std::system_error when there is no thread left.
template <typename Body>
std::thread start_thread(Body&& body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } const restore{before};
  return std::thread(std::forward<Body>(body));
}

}  // namespace kevy::node
