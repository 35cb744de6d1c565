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
  std::deque<kevy::ReplyRoot*> pushes;  // further replies, before what is in the outbox
  std::unique_ptr<OutboxDescriptor> descriptor;

  kevy::Session& session() { return protocol->session(); }
  ~kevy_session() {
    for (kevy::ReplyRoot* root : pushes) kevy::free_reply(root);
    if (protocol != nullptr) session().outbox.set_waker(nullptr);
  }
};

namespace {

constexpr kevy::ProtocolSession::Budget kBudget{1024, 1024 * 1024};

kevy_status check(kevy_session* session, kevy_session::Form form) {
  if (session == nullptr) return null_argument();
  if (session->generation != fork_generation()) return forked();
  if (session->form != form && session->form != kevy_session::Form::kUndecided) {
    return fail(KEVY_INVALID, "a session takes either commands or raw bytes, not both");
  }
  session->form = form;
  return KEVY_OK;
}

// Runs one command; nullptr when the session does not want the reply.
kevy::ReplyRoot* run(kevy_session& handle, kevy::Args args) {
  kevy::Session& session = handle.session();
  kevy::Runtime& runtime = handle.engine->runtime();
  kevy::ReplyTree tree(session.protocol);
  {
    kevy::Turn turn(runtime);
    runtime.execute(turn, session, args, tree);
  }
  session.last_command_us.store(kevy::Clock::monotonic_us(), std::memory_order_relaxed);
  kevy::ReplyRoot* const first = tree.take();
  while (kevy::ReplyRoot* more = tree.take()) handle.pushes.push_back(more);
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
  if (session->protocol->closing()) return closed();
  return guard([&]() -> kevy_status {
    const Words words(argc, argv, argv_size);
    if (!words.complete()) return null_argument();
    *reply = handle_of(run(*session, words.args()));
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
  if (session->protocol->closing()) return closed();
  return guard([&]() -> kevy_status {
    kevy::ReplyTree all(3);
    all.array(count);
    size_t first = 0;
    for (size_t i = 0; i < count; ++i) {
      const Words words(argc[i], argv + first, argv_size == nullptr ? nullptr : argv_size + first);
      first += argc[i];
      kevy::ReplyRoot* one =
          session->protocol->closing() ? nullptr : run(*session, words.args());
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
    if (!session->pushes.empty()) {
      *push = handle_of(session->pushes.front());
      session->pushes.pop_front();
      return KEVY_OK;
    }
    kevy::Outbox& outbox = session->session().outbox;
    const bool in_time = outbox.wait(timeout_ms < 0 ? -1 : timeout_ms * 1000);
    const kevy::MessagePtr message = in_time ? outbox.take() : kevy::MessagePtr();
    if (session->descriptor != nullptr) session->descriptor->settle(outbox);
    if (!message) return outbox.cancelled() ? closed() : KEVY_TIMEOUT;
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
  if (session->protocol->closing()) return closed();
  return guard([&]() -> kevy_status {
    session->protocol->input().append({bytes, size});
    while (session->protocol->run(kBudget)) {
    }
    return session->protocol->closing() ? closed() : KEVY_OK;
  });
}

kevy_status kevy_session_take(kevy_session* session, char* buffer, size_t capacity, size_t* size) {
  if (size == nullptr || (buffer == nullptr && capacity != 0)) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kRaw); status != KEVY_OK) {
    return status;
  }
  return guard([&]() -> kevy_status {
    session->protocol->run(kBudget);
    if (session->descriptor != nullptr) session->descriptor->settle(session->session().outbox);
    kevy::OutputQueue& output = session->protocol->output();
    size_t taken = 0;
    iovec piece;
    while (taken < capacity && output.gather(&piece, 1) == 1) {
      const size_t part = std::min(piece.iov_len, capacity - taken);
      std::memcpy(buffer + taken, piece.iov_base, part);
      output.consume(part);
      taken += part;
    }
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
      session->session().outbox.set_waker(session->descriptor.get());
      if (session->session().outbox.ready()) session->descriptor->wake();
    }
    *descriptor = session->descriptor->get();
    return KEVY_OK;
  });
}
