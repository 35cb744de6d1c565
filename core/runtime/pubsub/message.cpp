#include "runtime/pubsub/message.h"

#include <cstdlib>
#include <new>

namespace kevy {

SharedBytes Message::block_of(Bytes payload) {
  constexpr size_t kInsideMax = 512;
  if (payload.size() <= kInsideMax) return {};
  return SharedBytes::copy_of(payload);
}

MessagePtr Message::make(Kind kind, Bytes pattern, Bytes channel, Bytes payload,
                         SharedBytes block) {
  const Bytes inside = block ? Bytes() : payload;
  const size_t texts_size = pattern.size() + channel.size() + inside.size() + 3;
  void* memory = std::malloc(sizeof(Message) + texts_size);
  if (memory == nullptr) throw std::bad_alloc();
  auto* message = new (memory) Message(kind, pattern, channel, inside.size(), std::move(block));
  char* text = reinterpret_cast<char*>(message + 1);
  for (const Bytes part : {pattern, channel, inside}) {
    copy_bytes(text, part);
    text += part.size();
    *text++ = '\0';
  }
  return MessagePtr::adopt(message);
}

MessagePtr Message::make(Kind kind, Bytes payload) {
  return make(kind, {}, {}, payload, block_of(payload));
}

void Message::destroy(const Message* message) noexcept {
  message->~Message();
  std::free(const_cast<Message*>(message));
}

}  // namespace kevy
