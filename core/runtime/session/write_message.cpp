#include "runtime/session/write_message.h"

#include <charconv>

#include "runtime/tracking/key_list.h"

namespace kevy {

namespace {

void write_payload(Reply& reply, const Message& message) {
  if (message.block()) {
    reply.bulk(message.block());
  } else {
    reply.bulk(message.payload());
  }
}

// RESP2 has no pushes: there it comes as if it had been published.
void write_about_keys(Reply& reply, const Message& message) {
  if (reply.protocol() == 3) {
    reply.push(2);
    reply.bulk("invalidate");
  } else {
    reply.push(3);
    reply.bulk("message");
    reply.bulk("__redis__:invalidate");
  }
  if (message.kind() == Message::Kind::kAllChanged) {
    reply.null();
    return;
  }
  if (message.kind() == Message::Kind::kKeyChanged) {
    reply.array(1);
    write_payload(reply, message);
    return;
  }
  size_t count = 0;
  KeyList::for_each(message.payload(), [&](Bytes) { ++count; });
  reply.array(count);
  KeyList::for_each(message.payload(), [&](Bytes key) { reply.bulk(key); });
}

void write_broken(Reply& reply, const Message& message) {
  const Bytes digits = message.payload();
  int64_t session = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), session);
  reply.push(2);
  reply.bulk("tracking-redir-broken");
  reply.integer(session);
}

}  // namespace

void write_message(Reply& reply, const Message& message) {
  switch (message.kind()) {
    case Message::Kind::kCommand:
      reply.status(message.payload());
      return;
    case Message::Kind::kRedirectBroken:
      write_broken(reply, message);
      return;
    case Message::Kind::kKeyChanged:
    case Message::Kind::kKeysChanged:
    case Message::Kind::kAllChanged:
      write_about_keys(reply, message);
      return;
    case Message::Kind::kPattern:
      reply.push(4);
      reply.bulk("pmessage");
      reply.bulk(message.pattern());
      break;
    case Message::Kind::kSharded:
      reply.push(3);
      reply.bulk("smessage");
      break;
    case Message::Kind::kChannel:
      reply.push(3);
      reply.bulk("message");
      break;
  }
  reply.bulk(message.channel());
  write_payload(reply, message);
}

}  // namespace kevy
