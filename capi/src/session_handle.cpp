#include "session_handle.h"

#include <algorithm>
#include <thread>

#include "command/connection/client_name.h"
#include "runtime/waiting/outcome.h"

using namespace kevy::capi;

void kevy_session::keep_further(kevy::FinishedReplies replies, size_t messages_before) noexcept {
  for (const FurtherReplies& earlier : further) {
    messages_before -= std::min(messages_before, earlier.messages_before);
  }
  FurtherReplies& kept = spare.front();
  kept.messages_before = messages_before;
  kept.replies = std::move(replies);
  further.splice(further.end(), spare, spare.begin());
  wake_descriptor();
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
size_t execute(kevy::Runtime& runtime, kevy::Session& session, kevy::Args words, bool any_long,
               kevy::Reply& reply) {
  session.outbox.begin_command(true);
  kevy::Turn turn(runtime);
  if (!any_long || runtime.accepts_words(session, words, reply)) {
    runtime.execute(turn, session, words, reply);
  }
  const size_t before = session.outbox.ready() ? session.outbox.before_reply() : 0;
  kevy::capi::settle(turn);
  return before;
}

void end_wait(kevy_session& handle, kevy::WaitEnd why) noexcept {
  kevy::Runtime& runtime = handle.engine->runtime();
  kevy::Turn turn(runtime);
  runtime.end_wait(turn, handle.session(), why, true);
}

}  // namespace

namespace kevy::capi {

std::unique_ptr<kevy_session> make_session(const kevy_instance& instance,
                                           const SessionStart& start) {
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

kevy_status check_free(const kevy_session& session) noexcept {
  if (session.protocol->closing() || !session.submitted) [[likely]]
    return KEVY_OK;
  return fail(KEVY_INVALID, "a command that was submitted is not over: take its result first");
}

kevy_status closed_session(kevy_session& session) noexcept {
  if (session.session().ended()) session.outbox().acknowledge_end();
  session.settle();
  return closed();
}

namespace {

// What a command has answered that was executed, unless it waits. `messages_before` were published
// before it.
kevy_status take_answer(kevy_session& handle, ReplyTree& tree, size_t messages_before,
                        ReplyRoot*& reply) {
  Session& session = handle.session();
  session.last_active_us.store(Clock::monotonic_us(), std::memory_order_relaxed);
  if (session.waits()) {
    // The one who cancels has not found it, or this finds that it was cancelled.
    if (handle.session().cancel_wanted()) end_wait(handle, WaitEnd::kCancelled);
    return KEVY_PENDING;
  }
  reply = tree.take();
  if (!tree.empty()) handle.keep_further(tree.take_rest(), messages_before);
  handle.end_if_closing();
  return KEVY_OK;
}

// What CLIENT PAUSE has postponed is run now.
kevy_status run_postponed(kevy_session& handle, const Waiter& waiter, ReplyRoot*& reply) {
  if (handle.spare.empty()) handle.spare.emplace_back();
  ReplyTree tree(handle.session().protocol);
  const size_t before =
      execute(handle.engine->runtime(), handle.session(), waiter.args(), false, tree);
  return take_answer(handle, tree, before, reply);
}

}  // namespace

kevy_status begin(kevy_session& handle, const Words& words, ReplyRoot*& reply) {
  if (handle.spare.empty()) handle.spare.emplace_back();
  ReplyTree tree(handle.session().protocol);
  const size_t before =
      execute(handle.engine->runtime(), handle.session(), words.args(), words.any_long(), tree);
  return take_answer(handle, tree, before, reply);
}

kevy_status run(kevy_session& handle, const Words& words, ReplyRoot*& reply) {
  kevy_status status = begin(handle, words, reply);
  while (status == KEVY_PENDING) {
    handle.outbox().wait_resumed(-1);
    status = take_outcome(handle, reply);
  }
  return status;
}

// A session that is ended is told so before its command's wait is ended, or while that is being
// served.
kevy_status take_outcome(kevy_session& handle, ReplyRoot*& reply) {
  Session& session = handle.session();
  Runtime& runtime = handle.engine->runtime();
  while (!session.outbox.resumed()) {
    end_wait(handle, WaitEnd::kGone);
    std::this_thread::yield();
  }
  std::shared_ptr<Waiter> waiter;
  {
    Turn turn(runtime);
    waiter = runtime.take_waiter(turn, session);
    turn.note_seen(waiter->fence);
    settle(turn);
  }
  handle.settle();
  if (!waiter->served()) {
    if (waiter->why() == WaitEnd::kCancelled) return cancelled();
    if (waiter->why() == WaitEnd::kGone) return closed_session(handle);
    if (waiter->why() == WaitEnd::kRetry) return run_postponed(handle, *waiter, reply);
  }
  if (waiter->reply != nullptr) {
    auto& tree = static_cast<ReplyTree&>(*waiter->reply);  // aside of the command's own
    if (!waiter->served()) write_unserved(*waiter, tree);
    reply = tree.take();
  }
  return KEVY_OK;
}

}  // namespace kevy::capi
