// Arrivals: what clients have sent, and none of the threads that serve sockets has looked at yet.
//
// A client subscribes on one connection, does not wait for the answer, and publishes on another, or
// in the process: it means to receive that. But two threads may read from the two, and one thread
// may find the second first. So a command that publishes runs when all have looked at what had come
// before it.
#pragma once

#include "runtime/waiting/waiter.h"

namespace kevy {

class Arrivals {
 public:
  virtual ~Arrivals() = default;
  /// Calls Runtime::end_postponed once all have looked at what has come by now. By the thread that
  /// serves the waiter's socket, not before its next round. Throws std::bad_alloc, and does not.
  virtual void await(WaiterPtr waiter) = 0;
  /// Returns when all have looked at what has come by now, or after a tenth of a second: one of
  /// them may be busy, or wait for what the caller has. By any other thread, which holds nothing;
  /// at once by one that serves sockets.
  virtual void wait() noexcept = 0;
};

}  // namespace kevy
