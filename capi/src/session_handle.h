// What is behind a kevy_session, for the functions that run commands on one.
#pragma once

#include <atomic>
#include <list>
#include <memory>

#include "arguments.h"
#include "handles.h"

namespace kevy::capi {

/// Calls back when the submitted command of a session waits no more.
class CompletionRecipient final : public Delivery::Recipient {
 public:
  using Recipient::Recipient;
  /// Before the command is run. By the session's owner, while no command waits.
  void expect(kevy_session& session, kevy_session_callback callback, void* user) noexcept;
  /// It has waited for the end of a CLIENT PAUSE, and goes on waiting.
  void expect_again() noexcept { callback_.store(expected_); }
  /// It did not wait, or its reply was taken.
  void forget() noexcept {
    callback_.store(nullptr);
    expected_ = nullptr;
  }

 private:
  After deliver() override;

  std::atomic<kevy_session_callback> callback_{nullptr};
  kevy_session_callback expected_ = nullptr;
  kevy_session* session_ = nullptr;
  void* user_ = nullptr;
};

/// Who is told that there is something for a session: its descriptor, and whom its callback comes from.
class SessionWaker final : public Waker {
 public:
  // Set while the outbox does not know this waker.
  std::unique_ptr<OutboxDescriptor> descriptor;
  std::unique_ptr<CompletionRecipient> recipient;

  explicit SessionWaker(Outbox& outbox) noexcept : outbox_(outbox) {}
  void wake() noexcept override {
    if (descriptor != nullptr) descriptor->wake();
    if (recipient != nullptr && outbox_.resumed()) recipient->wake();
  }
  void settle() noexcept override {
    if (descriptor != nullptr) descriptor->settle();
  }

 private:
  Outbox& outbox_;
};

}  // namespace kevy::capi

struct kevy_session {
  enum class Form : uint8_t { kUndecided, kTrees, kRaw };

  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
  Form form = Form::kUndecided;
  std::unique_ptr<kevy::ProtocolSession> protocol;
  std::unique_ptr<kevy::capi::SessionWaker> waker;  // with a descriptor, or with a callback

  bool submitted = false;  // a command waits, or its reply does

  /// What SUBSCRIBE a b answers beside its first reply, and how many of the messages in the outbox come
  /// before that.
  struct FurtherReplies {
    size_t messages_before = 0;
    kevy::FinishedReplies replies;
  };
  std::list<FurtherReplies> further;
  std::list<FurtherReplies> spare;  // one for the command that runs, so that having run it finds it

  kevy::Session& session() { return protocol->session(); }
  kevy::Outbox& outbox() { return session().outbox; }
  /// What kevy_session_cancel finds under way.
  std::atomic<kevy::Session::HostCall>& call() { return session().host_call; }
  void keep_further(kevy::FinishedReplies replies, size_t messages_before) noexcept;
  kevy::ReplyRoot* next_further() noexcept;
  kevy::ReplyRoot* next_further_after_end() noexcept;
  void drop_message() noexcept;
  /// A session that QUIT has ended receives nothing more either.
  void end_if_closing() noexcept;
  /// A holder that comes too late, by the limit, finds its session ended.
  void end_if_over_limit() noexcept;
  /// The descriptor is readable if replies wait to be taken, in trees or in bytes.
  void announce_replies() noexcept {
    const bool wait = !further.empty() || !protocol->output().empty();
    if (wait) wake_descriptor();
  }
  void wake_descriptor() noexcept {
    if (waker != nullptr && waker->descriptor != nullptr) waker->descriptor->wake();
  }
  /// The descriptor is not readable any more if nothing is left to take.
  void settle() noexcept {
    if (further.empty() && protocol->output().empty()) outbox().settle();
  }

  ~kevy_session() {
    if (protocol == nullptr) return;
    outbox().set_waker(nullptr);
    if (waker != nullptr && waker->recipient != nullptr) engine->delivery().remove(*waker->recipient);
  }
};

namespace kevy::capi {

/// Makes a session of its own for one call or for a handle.
std::unique_ptr<kevy_session> make_session(const kevy_instance& instance, const SessionStart& start);

/// What a session's options ask for.
kevy_status read_session_start(const kevy_instance& instance, const kevy_session_options* options,
                               SessionStart& start);

/// Whether the session may be called in this form, which is its from now on.
kevy_status check(kevy_session* session, kevy_session::Form form) noexcept;

/// Whether no submitted command waits, or has a reply that was not taken.
kevy_status check_free(const kevy_session& session) noexcept;

/// The session is over, and its holder is told so: its descriptor has nothing more to say.
kevy_status closed_session(kevy_session& session) noexcept;

/// While a call runs commands, kevy_session_cancel has something to cancel.
class CallUnderWay {
 public:
  explicit CallUnderWay(kevy_session& session) noexcept : session_(session) {
    session_.call().store(Session::HostCall::kRuns);
  }
  ~CallUnderWay() {
    if (!goes_on_) session_.call().store(Session::HostCall::kNone);
  }
  CallUnderWay(const CallUnderWay&) = delete;
  CallUnderWay& operator=(const CallUnderWay&) = delete;
  /// The command waits on when this is gone.
  void go_on() noexcept { goes_on_ = true; }

 private:
  kevy_session& session_;
  bool goes_on_ = false;
};

/// Runs one command, in a CallUnderWay, and waits as it does. `reply`: nullptr when the session does not
/// want it. Further replies are pushes, which come behind the messages that were published before the
/// command. KEVY_CANCELLED, KEVY_CLOSED: the command waited, and that is over. Throws std::bad_alloc when
/// the command has not run.
kevy_status run(kevy_session& handle, const Words& words, ReplyRoot*& reply);
/// The same without waiting: KEVY_PENDING when the command waits.
kevy_status begin(kevy_session& handle, const Words& words, ReplyRoot*& reply);
/// The outcome of a command that has waited. KEVY_PENDING: it was postponed, and waits for a key now.
kevy_status take_outcome(kevy_session& handle, ReplyRoot*& reply);

}  // namespace kevy::capi
