// What a session answers to a command that has waited.
#pragma once

#include "resp/reply.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

/// Writes the reply of a command whose wait has ended without its being served.
inline void write_unserved(const Waiter& waiter, Reply& reply) {
  if (waiter.why() == WaitEnd::kUnblocked) {
    reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
  } else if (waiter.log_position != 0) {  // neither the file nor a replica has it
    reply.array(2);
    reply.integer(0);
    reply.integer(0);
  } else {
    reply.null_array();
  }
}

/// Writes the reply of a command whose wait is over, once, to a builder of the session's. That of
/// one that was served takes no memory.
inline void write_outcome(Waiter& waiter, Reply& reply) {
  if (waiter.served()) {
    reply.take_over(*waiter.reply);
  } else {
    write_unserved(waiter, reply);
  }
}

}  // namespace kevy
