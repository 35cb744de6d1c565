// Sessions: commands with replies in trees, or the raw form in RESP bytes.
#include <algorithm>
#include <cstring>
#include <string_view>

#include "runtime/session/write_message.h"
#include "session_handle.h"

using namespace kevy::capi;

namespace {

constexpr kevy::ProtocolSession::Budget kBudget{1024, 1024 * 1024, 64 * 1024};

void run_all(kevy_session& session, std::string_view bytes) {
  session.protocol->input().append(bytes);
  while (session.protocol->run(kBudget)) {
  }
  if (!session.protocol->wait_for_disk()) throw Unsafe();
}

// Copies out what there is to say; how much that was.
size_t take_some(kevy_session& session, char* buffer, size_t capacity) {
  session.end_if_over_limit();
  kevy::OutputQueue& output = session.protocol->output();
  size_t taken = 0;
  iovec piece;
  while (taken < capacity) {
    if (output.empty()) {
      session.protocol->run(kBudget);
      if (!session.protocol->wait_for_disk()) throw Unsafe();
    }
    if (output.gather(&piece, 1) == 0) break;
    const size_t part = std::min(piece.iov_len, capacity - taken);
    std::memcpy(buffer + taken, piece.iov_base, part);
    output.consume(part);
    taken += part;
  }
  session.protocol->settle();
  return taken;
}

}  // namespace

kevy_status kevy_session_open(kevy_instance* instance, const kevy_session_options* options,
                              kevy_session** session) {
  if (session == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::SessionStart start;
    const kevy_status status = read_session_start(*instance, options, start);
    if (status == KEVY_OK) *session = make_session(*instance, start).release();
    return status;
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
  if (const auto status = check_free(*session); status != KEVY_OK) return status;
  if (session->protocol->closing()) return closed_session(*session);
  return guard([&]() -> kevy_status {
    const Words words(argc, argv, argv_size);
    if (!words.complete()) return null_argument();
    const CallUnderWay call(*session);
    kevy::ReplyRoot* first = nullptr;
    const kevy_status status = run(*session, words, first);
    if (status == KEVY_OK) *reply = handle_of(first);
    return status;
  });
}

kevy_status kevy_session_next(kevy_session* session, int64_t timeout_ms, kevy_reply** push) {
  if (push == nullptr) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kTrees); status != KEVY_OK) {
    return status;
  }
  return guard([&]() -> kevy_status {
    session->end_if_over_limit();
    kevy::Outbox& outbox = session->outbox();
    kevy::ReplyRoot* further = session->next_further();
    if (further == nullptr &&
        outbox.wait(session->further.empty() ? microseconds_of(timeout_ms) : 0)) {
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
    return session->session().ended() ? closed_session(*session) : timed_out();
  });
}

kevy_status kevy_session_feed(kevy_session* session, const char* bytes, size_t size) {
  if (bytes == nullptr && size != 0) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kRaw); status != KEVY_OK) {
    return status;
  }
  if (session->protocol->closing()) return closed_session(*session);
  return guard([&]() -> kevy_status {
    run_all(*session, {bytes, size});
    session->protocol->settle();
    session->announce_replies();
    session->end_if_closing();
    return session->protocol->closing() ? closed_session(*session) : KEVY_OK;
  });
}

kevy_status kevy_session_take(kevy_session* session, char* buffer, size_t capacity, size_t* size) {
  if (size == nullptr || (buffer == nullptr && capacity != 0)) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kRaw); status != KEVY_OK) {
    return status;
  }
  return guard([&]() -> kevy_status {
    const size_t taken = take_some(*session, buffer, capacity);
    session->settle();
    if (taken == 0 && capacity != 0 && session->protocol->closing())
      return closed_session(*session);
    *size = taken;
    return KEVY_OK;
  });
}

kevy_status kevy_session_converse(kevy_session* session, const char* bytes, size_t bytes_size,
                                  char* buffer, size_t capacity, size_t* size) {
  if ((bytes == nullptr && bytes_size != 0) || (buffer == nullptr && capacity != 0)) {
    return null_argument();
  }
  if (size == nullptr) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kRaw); status != KEVY_OK) {
    return status;
  }
  return guard([&]() -> kevy_status {
    if (!session->protocol->closing()) {
      run_all(*session, {bytes, bytes_size});
      session->end_if_closing();
    }
    const size_t taken = take_some(*session, buffer, capacity);
    session->announce_replies();
    session->settle();
    if (taken == 0 && capacity != 0 && session->protocol->closing())
      return closed_session(*session);
    *size = taken;
    return KEVY_OK;
  });
}

kevy_status kevy_session_descriptor(kevy_session* session, int* descriptor) {
  if (session == nullptr || descriptor == nullptr) return null_argument();
  if (session->generation != fork_generation()) return forked();
  return guard([&]() -> kevy_status {
    if (session->waker == nullptr) {
      session->waker = std::make_unique<SessionWaker>(session->outbox());
    }
    SessionWaker& waker = *session->waker;
    if (waker.descriptor == nullptr) {
      std::unique_ptr<OutboxDescriptor> made;
      const kevy_status status = make_descriptor(made);
      if (status != KEVY_OK) return status;
      session->outbox().set_waker(nullptr);
      waker.descriptor = std::move(made);
      set_waker(session->outbox(), waker);
      session->announce_replies();
    }
    *descriptor = waker.descriptor->get();
    return KEVY_OK;
  });
}
