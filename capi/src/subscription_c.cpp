// Subscriptions: a session that only listens, read by its owner or delivered to a callback.
#include <atomic>
#include <cstring>
#include <thread>

#include "arguments.h"
#include "handles.h"

using namespace kevy::capi;

struct kevy_subscription {
  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
  std::shared_ptr<kevy::Session> session;
  std::unique_ptr<kevy::Delivery::Recipient> recipient;  // with a callback
  std::unique_ptr<OutboxDescriptor> descriptor;           // without one, when asked for

  ~kevy_subscription() {
    if (session == nullptr) return;
    session->outbox.set_waker(nullptr);
    if (recipient != nullptr) engine->delivery().remove(*recipient);
    engine->runtime().close_session(*session);
  }
};

namespace {

// A kevy_message is a reference to a Message; whoever holds it as `kevy_message*` owns it, but for
// the callbacks, which borrow it.
kevy_message* handle_of(const kevy::Message* message) {
  return reinterpret_cast<kevy_message*>(const_cast<kevy::Message*>(message));
}
const kevy::Message* message_of(const kevy_message* handle) {
  return reinterpret_cast<const kevy::Message*>(handle);
}

// How many messages a subscription gets before the next one's turn.
constexpr int kBatch = 64;

class CallbackRecipient final : public kevy::Delivery::Recipient {
 public:
  CallbackRecipient(kevy_subscription& subscription, kevy_message_callback callback, void* user)
      : Recipient(subscription.engine->delivery()),
        subscription_(subscription),
        callback_(callback),
        user_(user) {}

  /// Whether the calling thread is in this subscription's callback.
  bool calling() const noexcept {
    return caller_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  /// In its own callback: the subscription goes when everything is handed over.
  void close_when_done() noexcept { closing_ = true; }
  /// The holder ends the subscription: it need not be told.
  void expect_end() noexcept { told_.store(true, std::memory_order_release); }

 private:
  After deliver() override {
    kevy::Outbox& outbox = subscription_.session->outbox;
    for (int i = 0; i < kBatch; ++i) {
      const kevy::MessagePtr message = outbox.take();
      const bool over = !message && outbox.cancelled() && !told_.exchange(true);
      if (!message && !over) return After::kDone;
      caller_.store(std::this_thread::get_id(), std::memory_order_relaxed);
      callback_(handle_of(message.get()), user_);
      caller_.store(std::thread::id(), std::memory_order_relaxed);
      if (closing_ && !outbox.first()) {
        delete &subscription_;
        return After::kGone;
      }
    }
    return After::kMore;
  }

  kevy_subscription& subscription_;
  const kevy_message_callback callback_;
  void* const user_;
  std::atomic<std::thread::id> caller_{};
  std::atomic<bool> told_{false};  // that it is over, or need not be
  bool closing_ = false;  // of the delivery thread
};

}  // namespace

namespace {

// What the caller gives as a kind may be none; so it is read as the number that it is.
unsigned number_of(const kevy_subscription_kind& kind) noexcept {
  unsigned number;
  static_assert(sizeof number == sizeof kind);
  std::memcpy(&number, &kind, sizeof number);
  return number;
}

kevy_status check(kevy_subscription* subscription) {
  if (subscription == nullptr) return null_argument();
  return subscription->generation != fork_generation() ? forked() : KEVY_OK;
}

const char* text(kevy::Bytes bytes, size_t* size) {
  if (size != nullptr) *size = bytes.size();
  return bytes.data() == nullptr ? "" : bytes.data();
}

}  // namespace

kevy_status kevy_subscribe(kevy_instance* instance, size_t count, const char* const* channels,
                           const size_t* channel_sizes, const kevy_subscribe_options* options,
                           kevy_subscription** subscription) {
  if (subscription == nullptr || has_null(count, channels, channel_sizes)) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  kevy_subscribe_options known = KEVY_SUBSCRIBE_OPTIONS_INIT;
  if (const kevy_status status = read_options(options, sizeof known, known); status != KEVY_OK) {
    return status;
  }
  const unsigned kind = number_of(known.kind);
  if (kind > KEVY_SUBSCRIPTION_SHARDED) return fail(KEVY_INVALID, "kind: unknown");
  if (known.reserved != 0) return fail(KEVY_INVALID, "reserved: is to be 0");
  if (count == 0) return fail(KEVY_INVALID, "count is 0: subscribe to at least one channel");
  for (size_t i = 0; i < count; ++i) {
    const size_t size = bytes_of(channels, channel_sizes, i)->size();
    if (const auto status = check_longest(*instance, size); status != KEVY_OK) return status;
  }
  return guard([&]() -> kevy_status {
    auto made = std::make_unique<kevy_subscription>();
    made->engine = instance->engine;
    made->generation = instance->generation;
    kevy::Runtime& runtime = made->engine->runtime();
    made->session = runtime.open_session(kevy::Session::Door::kInProcess);
    made->session->only_listens.store(true, std::memory_order_relaxed);
    if (known.callback != nullptr) {
      const auto delivered = made->engine->delivery().start();
      if (!delivered) return fail_with(KEVY_SYSTEM, delivered.error().message, delivered.error().code);
      made->recipient = std::make_unique<CallbackRecipient>(*made, known.callback, known.user);
      made->session->outbox.set_waker(made->recipient.get());
    }
    kevy::Turn turn(runtime);
    for (size_t i = 0; i < count; ++i) {
      turn.hold_pubsub(nullptr).join(static_cast<kevy::ChannelKind>(kind),
                                     *bytes_of(channels, channel_sizes, i), *made->session);
    }
    made->session->subscription_counts[kind].store(
        static_cast<uint32_t>(made->session->subscriptions[kind].size()));
    *subscription = made.release();
    return KEVY_OK;
  });
}

kevy_status kevy_subscription_next(kevy_subscription* subscription, int64_t timeout_ms,
                                   kevy_message** message) {
  if (const kevy_status status = check(subscription); status != KEVY_OK) return status;
  if (message == nullptr) return null_argument();
  if (subscription->recipient != nullptr) {
    return fail(KEVY_INVALID, "the subscription's messages go to its callback");
  }
  return guard([&]() -> kevy_status {
    kevy::Outbox& outbox = subscription->session->outbox;
    if (!outbox.cancelled() && !outbox.within_limit()) {
      subscription->engine->runtime().kill(*subscription->session);
    }
    const bool in_time = outbox.wait(microseconds_of(timeout_ms));
    kevy::MessagePtr taken = in_time ? outbox.take() : kevy::MessagePtr();
    if (!taken && outbox.cancelled()) outbox.acknowledge_end();
    outbox.settle();
    if (!taken) return outbox.cancelled() ? closed() : timed_out();
    *message = handle_of(taken.release());
    return KEVY_OK;
  });
}

kevy_status kevy_subscription_descriptor(kevy_subscription* subscription, int* descriptor) {
  if (const kevy_status status = check(subscription); status != KEVY_OK) return status;
  if (descriptor == nullptr) return null_argument();
  if (subscription->recipient != nullptr) {
    return fail(KEVY_INVALID, "the subscription's messages go to its callback");
  }
  return guard([&]() -> kevy_status {
    if (subscription->descriptor == nullptr) {
      const kevy_status status = make_descriptor(subscription->descriptor);
      if (status != KEVY_OK) return status;
      set_waker(subscription->session->outbox, *subscription->descriptor);
    }
    *descriptor = subscription->descriptor->get();
    return KEVY_OK;
  });
}

void kevy_subscription_cancel(kevy_subscription* subscription) {
  if (check(subscription) == KEVY_OK) {
    subscription->engine->runtime().retire(*subscription->session);
  }
}

void kevy_subscription_close(kevy_subscription* subscription, uint32_t flags) {
  if (check(subscription) != KEVY_OK) return;
  kevy::Runtime& runtime = subscription->engine->runtime();
  auto* const recipient = static_cast<CallbackRecipient*>(subscription->recipient.get());
  if (recipient != nullptr) recipient->expect_end();
  if (recipient == nullptr || (flags & KEVY_CLOSE_DISCARD) != 0) {
    runtime.kill(*subscription->session);
  } else {
    runtime.retire(*subscription->session);
  }
  if (recipient != nullptr && recipient->calling()) {
    recipient->close_when_done();
    return;
  }
  if (recipient != nullptr) {
    subscription->session->outbox.wake();  // a publisher may have yet to do so
    subscription->engine->delivery().finish(*recipient);
  }
  delete subscription;
}

kevy_subscription_kind kevy_message_kind(const kevy_message* message) {
  if (message == nullptr) return KEVY_SUBSCRIPTION_CHANNEL;
  switch (message_of(message)->kind()) {
    case kevy::Message::Kind::kPattern:
      return KEVY_SUBSCRIPTION_PATTERN;
    case kevy::Message::Kind::kSharded:
      return KEVY_SUBSCRIPTION_SHARDED;
    default:
      return KEVY_SUBSCRIPTION_CHANNEL;
  }
}

const char* kevy_message_pattern(const kevy_message* message, size_t* size) {
  return text(message == nullptr ? kevy::Bytes() : message_of(message)->pattern(), size);
}

const char* kevy_message_channel(const kevy_message* message, size_t* size) {
  return text(message == nullptr ? kevy::Bytes() : message_of(message)->channel(), size);
}

const char* kevy_message_payload(const kevy_message* message, size_t* size) {
  return text(message == nullptr ? kevy::Bytes() : message_of(message)->payload(), size);
}

void kevy_message_free(kevy_message* message) { kevy::MessagePtr::adopt(message_of(message)); }
