// Sessions: exec and pipeline in trees, or the raw form in RESP bytes.
#include <algorithm>
#include <cstring>
#include <list>

#include "handles.h"

using namespace kevy::capi;

struct kevy_session {
  enum class Form : uint8_t { kUndecided, kTrees, kRaw };

  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
  Form form = Form::kUndecided;
  std::unique_ptr<kevy::ProtocolSession> protocol;
  std::unique_ptr<OutboxDescriptor> descriptor;

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
  /// The descriptor is not readable any more if nothing is left to take.
  void settle() noexcept {
    if (further.empty() && protocol->output().empty()) outbox().settle();
  }

  ~kevy_session() {
    if (protocol != nullptr) outbox().set_waker(nullptr);
  }
};

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

namespace {

constexpr kevy::ProtocolSession::Budget kBudget{1024, 1024 * 1024, 64 * 1024};

kevy_status check(kevy_session* session, kevy_session::Form form) {
  if (session == nullptr) return null_argument();
  if (session->generation != fork_generation()) return forked();
  if (session->form != form && session->form != kevy_session::Form::kUndecided) {
    return fail(KEVY_INVALID, "a session takes either commands or raw bytes, not both");
  }
  session->form = form;
  return KEVY_OK;
}

// The session is over, and its holder is told so: its descriptor has nothing more to say.
kevy_status closed_session(kevy_session& session) {
  if (session.session().ended()) session.outbox().acknowledge_end();
  session.settle();
  return closed();
}

// A session that QUIT has ended receives nothing more either.
void end_if_closing(kevy_session& session) {
  if (session.session().closing && !session.session().ended()) {
    session.engine->runtime().kill(session.session());
  }
}

// A holder that comes too late, by the limit, finds its session ended.
void end_if_over_limit(kevy_session& session) {
  if (!session.session().ended() && !session.outbox().within_limit()) {
    session.engine->runtime().kill(session.session());
  }
}

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

// Runs one command; nullptr when the session does not want the reply. Further replies are pushes,
// which come behind the messages that were published before the command. Throws std::bad_alloc when
// the command has not run.
kevy::ReplyRoot* run(kevy_session& handle, const Words& words) {
  kevy::Session& session = handle.session();
  kevy::Runtime& runtime = handle.engine->runtime();
  if (handle.spare.empty()) handle.spare.emplace_back();
  kevy::ReplyTree tree(session.protocol);
  const size_t before = execute(runtime, session, words, tree);
  session.last_active_us.store(kevy::Clock::monotonic_us(), std::memory_order_relaxed);
  kevy::ReplyRoot* const first = tree.take();
  if (!tree.empty()) handle.keep_further(tree.take_rest(), before);
  end_if_closing(handle);
  return first;
}

// Runs one command of a pipeline and writes its reply into the array of all.
void run_in_place(kevy_session& handle, size_t count, const char* const* argv, const size_t* sizes,
                  kevy::ReplyTree& all) {
  if (handle.protocol->closing()) {
    all.error("ERR not run: the session was closed before");
    return;
  }
  try {
    kevy::ReplyRoot* const one = run(handle, Words(count, argv, sizes));
    if (one == nullptr) {
      all.null();
    } else {
      all.append(one);
    }
  } catch (const std::bad_alloc&) {
    all.answer_no_memory();  // inside the array it takes no memory
  }
}

}  // namespace

kevy_status kevy_session_open(kevy_instance* instance, kevy_session** session) {
  if (session == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    auto handle = std::make_unique<kevy_session>();
    handle->engine = instance->engine;
    handle->generation = instance->generation;
    handle->protocol = std::make_unique<kevy::ProtocolSession>(
        instance->engine->runtime(), kevy::Session::Door::kInProcess);
    const int protocol = instance->engine->settings().protocol_default.load();
    handle->session().protocol = protocol;
    handle->session().protocol_shown.store(protocol);
    *session = handle.release();
    return KEVY_OK;
  });
}

void kevy_session_close(kevy_session* session) {
  if (session == nullptr) return;
  if (session->generation != fork_generation()) return;  // its locks are the parent's
  delete session;
}

kevy_status kevy_session_exec(kevy_session* session, size_t argc, const char* const* argv,
                              const size_t* argv_size, kevy_reply** reply) {
  if (reply == nullptr) return null_argument();
  if (argc == 0) return fail(KEVY_INVALID, "argc is 0: a command has at least its verb");
  if (const auto status = check(session, kevy_session::Form::kTrees); status != KEVY_OK) {
    return status;
  }
  if (session->protocol->closing()) return closed_session(*session);
  return guard([&]() -> kevy_status {
    const Words words(argc, argv, argv_size);
    if (!words.complete()) return null_argument();
    *reply = handle_of(run(*session, words));
    return KEVY_OK;
  });
}

kevy_status kevy_session_pipeline(kevy_session* session, size_t count, const size_t* argc,
                                  const char* const* argv, const size_t* argv_size,
                                  kevy_reply** replies) {
  if (replies == nullptr || (count != 0 && argc == nullptr)) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kTrees); status != KEVY_OK) {
    return status;
  }
  size_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (argc[i] == 0) return fail(KEVY_INVALID, "a command of the pipeline has no words");
    total += argc[i];
  }
  if (total != 0 && has_null(total, argv)) return null_argument();
  if (session->protocol->closing()) return closed_session(*session);
  return guard([&]() -> kevy_status {
    kevy::ReplyTree all(3);
    all.array(count);
    size_t first = 0;
    for (size_t i = 0; i < count; ++i) {
      run_in_place(*session, argc[i], argv + first,
                   argv_size == nullptr ? nullptr : argv_size + first, all);
      first += argc[i];
    }
    *replies = handle_of(all.take());
    return KEVY_OK;
  });
}

kevy_status kevy_session_next(kevy_session* session, int64_t timeout_ms, kevy_reply** push) {
  if (push == nullptr) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kTrees); status != KEVY_OK) {
    return status;
  }
  return guard([&]() -> kevy_status {
    end_if_over_limit(*session);
    kevy::Outbox& outbox = session->outbox();
    kevy::ReplyRoot* further = session->next_further();
    if (further == nullptr && outbox.wait(session->further.empty() ? microseconds_of(timeout_ms) : 0)) {
      // It stays in the outbox until its reply is made.
      if (const kevy::MessagePtr message = outbox.first()) {
        kevy::ReplyTree tree(session->session().protocol);
        kevy::write_message(tree, *message);
        session->drop_message();
        session->settle();
        *push = handle_of(tree.take());
        return KEVY_OK;
      }
      further = session->next_further_after_end();
    }
    session->settle();
    if (further != nullptr) {
      *push = handle_of(further);
      return KEVY_OK;
    }
    return session->session().ended() ? closed_session(*session) : KEVY_TIMEOUT;
  });
}

kevy_status kevy_session_feed(kevy_session* session, const char* bytes, size_t size) {
  if (bytes == nullptr && size != 0) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kRaw); status != KEVY_OK) {
    return status;
  }
  if (session->protocol->closing()) return closed_session(*session);
  return guard([&]() -> kevy_status {
    session->protocol->input().append({bytes, size});
    while (session->protocol->run(kBudget)) {
    }
    session->protocol->settle();
    end_if_closing(*session);
    return session->protocol->closing() ? closed_session(*session) : KEVY_OK;
  });
}

kevy_status kevy_session_take(kevy_session* session, char* buffer, size_t capacity, size_t* size) {
  if (size == nullptr || (buffer == nullptr && capacity != 0)) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kRaw); status != KEVY_OK) {
    return status;
  }
  return guard([&]() -> kevy_status {
    end_if_over_limit(*session);
    kevy::OutputQueue& output = session->protocol->output();
    size_t taken = 0;
    iovec piece;
    while (taken < capacity) {
      if (output.empty()) session->protocol->run(kBudget);
      if (output.gather(&piece, 1) == 0) break;
      const size_t part = std::min(piece.iov_len, capacity - taken);
      std::memcpy(buffer + taken, piece.iov_base, part);
      output.consume(part);
      taken += part;
    }
    session->protocol->settle();
    session->settle();
    if (taken == 0 && capacity != 0 && session->protocol->closing()) return closed_session(*session);
    *size = taken;
    return KEVY_OK;
  });
}

kevy_status kevy_session_descriptor(kevy_session* session, int* descriptor) {
  if (session == nullptr || descriptor == nullptr) return null_argument();
  if (session->generation != fork_generation()) return forked();
  return guard([&]() -> kevy_status {
    if (session->descriptor == nullptr) {
      auto made = std::make_unique<OutboxDescriptor>();
      if (made->get() < 0) return fail(KEVY_SYSTEM, "no descriptor left for an eventfd");
      session->descriptor = std::move(made);
      session->outbox().set_waker(session->descriptor.get());
      if (session->outbox().ready() || !session->further.empty()) session->descriptor->wake();
    }
    *descriptor = session->descriptor->get();
    return KEVY_OK;
  });
}
