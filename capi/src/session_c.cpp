// Sessions: exec and pipeline in trees, or the raw form in RESP bytes.
#include <algorithm>
#include <cstring>
#include <deque>

#include "handles.h"

using namespace kevy::capi;

struct kevy_session {
  enum class Form : uint8_t { kUndecided, kTrees, kRaw };

  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
  Form form = Form::kUndecided;
  std::unique_ptr<kevy::ProtocolSession> protocol;
  std::unique_ptr<OutboxDescriptor> descriptor;

  /// A message that came before further replies of a command, or such a reply.
  struct Push {
    kevy::MessagePtr message;
    kevy::ReplyRoot* reply = nullptr;
  };
  std::deque<Push> pushes;  // what next() hands out before what is in the outbox
  size_t pushed_bytes = 0;  // of the messages among them, which count against the outbox's limit

  kevy::Session& session() { return protocol->session(); }
  kevy::Outbox& outbox() { return session().outbox; }
  void push(Push one);
  Push take_push();
  /// The descriptor is not readable any more if nothing is left to take.
  void settle() noexcept {
    if (pushes.empty() && protocol->output().empty()) outbox().settle();
  }

  ~kevy_session() {
    for (const Push& one : pushes) kevy::free_reply(one.reply);
    if (protocol != nullptr) outbox().set_waker(nullptr);
  }
};

void kevy_session::push(Push one) {
  if (one.message) pushed_bytes += one.message->weight();
  pushes.push_back(std::move(one));
  outbox().set_unread(pushed_bytes);
  if (descriptor != nullptr) descriptor->wake();
}

kevy_session::Push kevy_session::take_push() {
  Push one = std::move(pushes.front());
  pushes.pop_front();
  if (one.message) pushed_bytes -= one.message->weight();
  outbox().set_unread(pushed_bytes);
  return one;
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
  session.outbox.begin_command();
  kevy::Turn turn(runtime);
  if (!words.any_long() || runtime.accepts_words(session, words.args(), reply)) {
    runtime.execute(turn, session, words.args(), reply);
  }
  return session.outbox.ready() ? session.outbox.before_reply() : 0;
}

// Runs one command; nullptr when the session does not want the reply. Further replies are pushes,
// which come behind the messages that were published before the command.
kevy::ReplyRoot* run(kevy_session& handle, const Words& words) {
  kevy::Session& session = handle.session();
  kevy::Runtime& runtime = handle.engine->runtime();
  kevy::ReplyTree tree(session.protocol);
  size_t before = execute(runtime, session, words, tree);
  session.last_active_us.store(kevy::Clock::monotonic_us(), std::memory_order_relaxed);
  kevy::ReplyRoot* const first = tree.take();
  for (kevy::ReplyRoot* more = tree.take(); more != nullptr; more = tree.take()) {
    for (; before != 0; --before) {
      if (kevy::MessagePtr message = session.outbox.take()) handle.push({std::move(message)});
    }
    handle.push({{}, more});
  }
  end_if_closing(handle);
  return first;
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
      const Words words(argc[i], argv + first, argv_size == nullptr ? nullptr : argv_size + first);
      first += argc[i];
      kevy::ReplyRoot* one =
          session->protocol->closing() ? nullptr : run(*session, words);
      if (one == nullptr) {
        all.null();
      } else {
        all.copy(*kevy::node_of(one));
        kevy::free_reply(one);
      }
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
    kevy::MessagePtr message;
    end_if_over_limit(*session);
    if (!session->pushes.empty()) {
      kevy_session::Push one = session->take_push();
      session->settle();
      if (one.reply != nullptr) {
        *push = handle_of(one.reply);
        return KEVY_OK;
      }
      message = std::move(one.message);
    } else {
      if (session->outbox().wait(microseconds_of(timeout_ms))) message = session->outbox().take();
      session->settle();
    }
    if (!message) return session->session().ended() ? closed_session(*session) : KEVY_TIMEOUT;
    kevy::ReplyTree tree(session->session().protocol);
    kevy::write_message(tree, *message);
    *push = handle_of(tree.take());
    return KEVY_OK;
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
      if (session->outbox().ready() || !session->pushes.empty()) session->descriptor->wake();
    }
    *descriptor = session->descriptor->get();
    return KEVY_OK;
  });
}
