// Message: what was published, shared by all who receive it. Immutable once made; any thread may
// read it and drop its reference.
//
// A message is one allocation, at whose end its texts lie, each with a NUL behind it. Only a long
// payload is a block of its own, so that it can be shared with replies, and by the messages of all
// patterns that match.
#pragma once

#include <atomic>
#include <utility>

#include "base/shared_bytes.h"
#include "runtime/pubsub/channel_kind.h"

namespace kevy {

class MessagePtr;

class Message {
 public:
  /// The kind of the subscription by which it comes; or a command that is shown by the line in the
  /// payload (MONITOR); or what is told of keys (runtime/tracking/):
  /// that the one in the payload has changed, or those in its KeyList, or all; or that the session
  /// whose number is the payload is not there to be told.
  enum class Kind : uint8_t {
    kChannel,
    kPattern,
    kSharded,
    kCommand,
    kKeyChanged,
    kKeysChanged,
    kAllChanged,
    kRedirectBroken
  };
  static constexpr Kind kind_of(ChannelKind kind) noexcept { return static_cast<Kind>(kind); }

  /// The block that make() wants of a payload; none of a short one.
  static SharedBytes block_of(Bytes payload);
  /// `pattern` is empty unless the kind is kPattern.
  static MessagePtr make(Kind kind, Bytes pattern, Bytes channel, Bytes payload, SharedBytes block);
  static MessagePtr make(Kind kind, Bytes payload);

  Kind kind() const noexcept { return kind_; }
  Bytes pattern() const noexcept { return {texts(), pattern_size_}; }
  Bytes channel() const noexcept { return {texts() + pattern_size_ + 1, channel_size_}; }
  Bytes payload() const noexcept {
    if (block_) return block_.bytes();
    return {texts() + pattern_size_ + channel_size_ + 2, payload_size_};
  }
  /// Whether it comes by the subscription to this channel or pattern.
  bool came_by(ChannelKind kind, Bytes name) const noexcept {
    return kind_of(kind) == kind_ &&
           same_bytes(name, kind == ChannelKind::kPattern ? pattern() : channel());
  }
  /// Whether it is about keys, and not published.
  bool about_keys() const noexcept { return kind_ >= Kind::kKeyChanged; }
  /// What it counts for where it waits.
  size_t weight() const noexcept {
    return sizeof(Message) + pattern_size_ + channel_size_ + payload().size();
  }
  /// The payload, when it is a block of its own.
  const SharedBytes& block() const noexcept { return block_; }

 private:
  friend class MessagePtr;

  Message(Kind kind, Bytes pattern, Bytes channel, size_t payload_size, SharedBytes block) noexcept
      : kind_(kind),
        pattern_size_(pattern.size()),
        channel_size_(channel.size()),
        payload_size_(payload_size),
        block_(std::move(block)) {}
  const char* texts() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  static void destroy(const Message* message) noexcept;

  mutable std::atomic<uint32_t> references_{1};
  const Kind kind_;
  const size_t pattern_size_, channel_size_, payload_size_;
  const SharedBytes block_;
};

/// A counted reference to a message, or none.
class MessagePtr {
 public:
  MessagePtr() = default;
  /// Takes over a reference given up with `release`.
  static MessagePtr adopt(const Message* message) noexcept { return MessagePtr(message); }
  MessagePtr(const MessagePtr& other) noexcept : message_(other.message_) {
    if (message_ != nullptr) message_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  MessagePtr(MessagePtr&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
  MessagePtr& operator=(MessagePtr other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~MessagePtr() {
    if (message_ == nullptr) return;
    if (message_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      Message::destroy(message_);
    }
  }

  const Message* get() const noexcept { return message_; }
  const Message* release() noexcept { return std::exchange(message_, nullptr); }
  const Message& operator*() const noexcept { return *message_; }
  const Message* operator->() const noexcept { return message_; }
  explicit operator bool() const noexcept { return message_ != nullptr; }

 private:
  explicit MessagePtr(const Message* message) noexcept : message_(message) {}
  const Message* message_ = nullptr;
};

}  // namespace kevy
