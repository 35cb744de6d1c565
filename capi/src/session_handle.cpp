#include "session_handle.h"

#include <algorithm>

#include "command/connection/client_name.h"

using namespace kevy::capi;

void kevy_session::keep_further(kevy::FinishedReplies replies, size_t messages_before) noexcept {
  for (const FurtherReplies& earlier : further) {
    messages_before -= std::min(messages_before, earlier.messages_before);
  }
  FurtherReplies& kept = spare.front();
  kept.messages_before = messages_before;
  kept.replies = std::move(replies);
  further.splice(further.end(), spare, spare.begin());
  if (descriptor != nullptr) descriptor->wake();
}

// The next one that no message comes before; or nullptr.
kevy::ReplyRoot* kevy_session::next_further() noexcept {
  if (further.empty() || further.front().messages_before != 0) return nullptr;
  kevy::ReplyRoot* const next = further.front().replies.take();
  if (further.front().replies.empty()) further.pop_front();
  return next;
}

// The messages that were to come before it are gone.
kevy::ReplyRoot* kevy_session::next_further_after_end() noexcept {
  if (!further.empty()) further.front().messages_before = 0;
  return next_further();
}

// The first one in the outbox has been handed out.
void kevy_session::drop_message() noexcept {
  outbox().take();
  if (!further.empty() && further.front().messages_before != 0) --further.front().messages_before;
}

void kevy_session::end_if_closing() noexcept {
  if (session().closing && !session().ended()) engine->runtime().kill(session());
}

void kevy_session::end_if_over_limit() noexcept {
  if (!session().ended() && !outbox().within_limit()) engine->runtime().kill(session());
}

namespace {

// Runs the command. Returns how many messages were published before it.
size_t execute(kevy::Runtime& runtime, kevy::Session& session, const Words& words,
               kevy::Reply& reply) {
  session.outbox.begin_command(true);
  kevy::Turn turn(runtime);
  if (!words.any_long() || runtime.accepts_words(session, words.args(), reply)) {
    runtime.execute(turn, session, words.args(), reply);
  }
  return session.outbox.ready() ? session.outbox.before_reply() : 0;
}

}  // namespace

namespace kevy::capi {

std::unique_ptr<kevy_session> make_session(const kevy_instance& instance, const SessionStart& start) {
  auto made = std::make_unique<kevy_session>();
  made->engine = instance.engine;
  made->generation = instance.generation;
  made->protocol =
      std::make_unique<ProtocolSession>(instance.engine->runtime(), Session::Door::kInProcess);
  made->session().begin(start);
  return made;
}

kevy_status read_session_start(const kevy_instance& instance, const kevy_session_options* options,
                               SessionStart& start) {
  kevy_session_options known = KEVY_SESSION_OPTIONS_INIT;
  const kevy_status status = read_options(options, sizeof known, known);
  if (status != KEVY_OK) return status;
  if (known.protocol != 0 && known.protocol != 2 && known.protocol != 3) {
    return fail(KEVY_INVALID, "protocol: 2 or 3");
  }
  const Runtime& runtime = instance.engine->runtime();
  if (known.database >= runtime.database_count()) {
    return fail(KEVY_INVALID, "database: the instance has fewer; see its option `databases`");
  }
  if (known.name != nullptr) {
    if (!is_plain(known.name)) {
      return fail(KEVY_INVALID, "name: no spaces, newlines or special characters");
    }
    start.labels.name = known.name;
  }
  start.protocol =
      known.protocol != 0 ? static_cast<int>(known.protocol) : default_protocol(instance);
  start.database = static_cast<int>(known.database);
  return KEVY_OK;
}

kevy_status check(kevy_session* session, kevy_session::Form form) noexcept {
  if (session == nullptr) return null_argument();
  if (session->generation != fork_generation()) return forked();
  if (session->form != form && session->form != kevy_session::Form::kUndecided) {
    return fail(KEVY_INVALID, "a session takes either commands or raw bytes, not both");
  }
  session->form = form;
  return KEVY_OK;
}

kevy_status closed_session(kevy_session& session) noexcept {
  if (session.session().ended()) session.outbox().acknowledge_end();
  session.settle();
  return closed();
}

kevy::ReplyRoot* run(kevy_session& handle, const Words& words) {
  kevy::Session& session = handle.session();
  kevy::Runtime& runtime = handle.engine->runtime();
  if (handle.spare.empty()) handle.spare.emplace_back();
  kevy::ReplyTree tree(session.protocol);
  const size_t before = execute(runtime, session, words, tree);
  session.last_active_us.store(kevy::Clock::monotonic_us(), std::memory_order_relaxed);
  kevy::ReplyRoot* const first = tree.take();
  if (!tree.empty()) handle.keep_further(tree.take_rest(), before);
  handle.end_if_closing();
  return first;
}

}  // namespace kevy::capi
