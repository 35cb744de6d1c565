#include "store/stream/stream_producers.h"

#include <utility>

#include "base/memory.h"
#include "store/stream/named_memory.h"

namespace kevy {

namespace {

// How many messages one addition forgets for their age: more than it adds.
constexpr int kForgottenMax = 16;

}  // namespace

struct StreamProducers::Message {
  Message(Bytes message, Producer& its_producer, StreamId its_entry)
      : producer(&its_producer), entry(its_entry), name(message) {}

  Bytes key() const noexcept { return name; }

  Producer* producer;
  StreamId entry;
  // Of all producers, and of its own, in the order in which they were added.
  Message* before = nullptr;
  Message* behind = nullptr;
  Message* own_before = nullptr;
  Message* own_behind = nullptr;
  const std::string name;
};

struct StreamProducers::Producer {
  explicit Producer(Bytes its_name) : messages(HashSecret::process()), name(its_name) {}

  Bytes key() const noexcept { return name; }

  Table<Message> messages;
  Message* oldest = nullptr;
  Message* newest = nullptr;
  const std::string name;
};

StreamProducers::Producer* StreamProducers::find_producer(Bytes name) const noexcept {
  const auto slot = producers_.find(name);
  return slot ? slot.item() : nullptr;
}

StreamProducers::Message* StreamProducers::find_message(Bytes producer,
                                                        Bytes message) const noexcept {
  const Producer* const found = find_producer(producer);
  if (found == nullptr) return nullptr;
  const auto slot = found->messages.find(message);
  return slot ? slot.item() : nullptr;
}

StreamProducers::Producer& StreamProducers::find_or_make_producer(Bytes name) {
  if (Producer* const found = find_producer(name)) return *found;
  auto made = std::make_unique<Producer>(name);
  insert_named(producers_, *made, *memory_);
  return *made.release();
}

void StreamProducers::erase_if_idle(Producer& producer) noexcept {
  if (producer.messages.size() != 0) return;
  *memory_ -= producer.messages.memory_bytes();
  erase_named(producers_, producer, *memory_);
  delete &producer;
}

bool StreamProducers::is_over(const Message& message, int64_t now_ms) const noexcept {
  const auto now = static_cast<uint64_t>(now_ms);
  const uint64_t span_ms = static_cast<uint64_t>(limits_.seconds) * 1000;
  return now >= span_ms && now - span_ms >= message.entry.ms;
}

std::optional<StreamId> StreamProducers::find(Bytes producer, Bytes message,
                                              int64_t now_ms) const noexcept {
  const Message* const found = find_message(producer, message);
  if (found == nullptr || is_over(*found, now_ms)) return std::nullopt;
  return found->entry;
}

void StreamProducers::add(Bytes producer, Bytes message, StreamId entry) {
  if (Message* const other = find_message(producer, message)) forget(*other);
  Producer& own = find_or_make_producer(producer);
  try {
    auto made = std::make_unique<Message>(message, own, entry);
    insert_named(own.messages, *made, *memory_);
    link(*made.release());
  } catch (...) {
    erase_if_idle(own);
    throw;
  }
  ++added_;
}

void StreamProducers::take_back() noexcept {
  --added_;
  forget(*newest_);
}

void StreamProducers::link(Message& message) noexcept {
  message.before = std::exchange(newest_, &message);
  (message.before != nullptr ? message.before->behind : oldest_) = &message;
  Producer& own = *message.producer;
  message.own_before = std::exchange(own.newest, &message);
  (message.own_before != nullptr ? message.own_before->own_behind : own.oldest) = &message;
  ++messages_;
}

// With its producer, if that has no other.
void StreamProducers::forget(Message& message) noexcept {
  Producer& own = *message.producer;
  (message.before != nullptr ? message.before->behind : oldest_) = message.behind;
  (message.behind != nullptr ? message.behind->before : newest_) = message.before;
  (message.own_before != nullptr ? message.own_before->own_behind : own.oldest) =
      message.own_behind;
  (message.own_behind != nullptr ? message.own_behind->own_before : own.newest) =
      message.own_before;
  --messages_;
  erase_named(own.messages, message, *memory_);
  delete &message;
  erase_if_idle(own);
}

void StreamProducers::trim(int64_t now_ms) noexcept {
  if (newest_ != nullptr) {
    Producer& own = *newest_->producer;
    while (own.messages.size() > static_cast<size_t>(limits_.messages)) forget(*own.oldest);
  }
  for (int left = kForgottenMax; left != 0 && oldest_ != nullptr; --left) {
    if (!is_over(*oldest_, now_ms)) return;
    forget(*oldest_);
  }
}

void StreamProducers::set_limits(const Limits& limits) noexcept {
  if (limits == limits_) return;
  clear();
  limits_ = limits;
}

void StreamProducers::clear() noexcept {
  while (oldest_ != nullptr) forget(*oldest_);
}

StreamProducers::~StreamProducers() {
  clear();
  *memory_ -= producers_.memory_bytes();
}

std::unique_ptr<StreamProducers> StreamProducers::clone(size_t& memory) const {
  auto copy = std::make_unique<StreamProducers>(memory, limits_);
  for_each(
      [&](Bytes producer, Bytes message, StreamId entry) { copy->add(producer, message, entry); });
  copy->set_counts(added_, duplicates_);
  return copy;
}

void StreamProducers::for_each(const Visit& visit) const {
  for (const Message* message = oldest_; message != nullptr; message = message->behind) {
    visit(message->producer->name, message->name, message->entry);
  }
}

}  // namespace kevy
