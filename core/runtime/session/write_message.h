// A message as the session that it is for sees it.
#pragma once

#include "resp/reply.h"
#include "runtime/pubsub/message.h"
#include "runtime/session/session.h"

namespace kevy {

/// Whether the session can be told: in RESP2 what is about keys comes to those who have subscribed
/// to something. By the thread that runs it.
inline bool is_told(const Session& session, const Message& message) noexcept {
  return !message.about_keys() || session.protocol == 3 || session.subscribed_to_any();
}

void write_message(Reply& reply, const Message& message);

}  // namespace kevy
