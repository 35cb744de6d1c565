// What is behind a kevy_session, for the functions that run commands on one.
#pragma once

#include <list>
#include <memory>

#include "arguments.h"
#include "handles.h"

struct kevy_session {
  enum class Form : uint8_t { kUndecided, kTrees, kRaw };

  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
  Form form = Form::kUndecided;
  std::unique_ptr<kevy::ProtocolSession> protocol;
  std::unique_ptr<kevy::capi::OutboxDescriptor> descriptor;

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
    if (descriptor != nullptr && wait) descriptor->wake();
  }
  /// The descriptor is not readable any more if nothing is left to take.
  void settle() noexcept {
    if (further.empty() && protocol->output().empty()) outbox().settle();
  }

  ~kevy_session() {
    if (protocol != nullptr) outbox().set_waker(nullptr);
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

/// The session is over, and its holder is told so: its descriptor has nothing more to say.
kevy_status closed_session(kevy_session& session) noexcept;

/// Runs one command; nullptr when the session does not want the reply. Further replies are pushes,
/// which come behind the messages that were published before the command. Throws std::bad_alloc when
/// the command has not run.
ReplyRoot* run(kevy_session& handle, const Words& words);

}  // namespace kevy::capi
