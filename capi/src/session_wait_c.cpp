// Commands that wait: cancelled from another thread, or submitted so that no thread waits.
#include "session_handle.h"

using namespace kevy::capi;

namespace kevy::capi {

void CompletionRecipient::expect(kevy_session& session, kevy_session_callback callback,
                                 void* user) noexcept {
  session_ = &session;
  user_ = user;
  expected_ = callback;
  callback_.store(callback);
}

// The callback may close the session, and this with it.
Delivery::Recipient::After CompletionRecipient::deliver() {
  if (const kevy_session_callback callback = callback_.exchange(nullptr)) callback(session_, user_);
  return After::kDone;
}

namespace {

// There before the command is run, so that whoever serves it finds it.
kevy_status expect_completion(kevy_session& session, kevy_session_callback callback, void* user) {
  if (session.waker == nullptr) session.waker = std::make_unique<SessionWaker>(session.outbox());
  SessionWaker& waker = *session.waker;
  if (waker.recipient == nullptr) {
    Delivery& delivery = session.engine->delivery();
    if (const auto started = delivery.start(); !started) {
      return fail_with(KEVY_SYSTEM, started.error().message, started.error().code);
    }
    auto made = std::make_unique<CompletionRecipient>(delivery);
    session.outbox().set_waker(nullptr);
    waker.recipient = std::move(made);
    set_waker(session.outbox(), waker);
  }
  waker.recipient->expect(session, callback, user);
  return KEVY_OK;
}

void expect_again(kevy_session& session) noexcept {
  if (session.waker == nullptr || session.waker->recipient == nullptr) return;
  session.waker->recipient->expect_again();
  if (session.outbox().resumed()) session.waker->recipient->wake();
}

void forget_completion(kevy_session& session) noexcept {
  if (session.waker != nullptr && session.waker->recipient != nullptr) {
    session.waker->recipient->forget();
  }
}

}  // namespace

}  // namespace kevy::capi

kevy_status kevy_session_submit(kevy_session* session, size_t argc, const char* const* argv,
                                const size_t* argv_size, kevy_session_callback callback, void* user,
                                kevy_reply** reply) {
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
    if (callback != nullptr) {
      const kevy_status status = expect_completion(*session, callback, user);
      if (status != KEVY_OK) return status;
    }
    struct Expected {
      kevy_session& session;
      bool waits = false;
      ~Expected() {
        if (!waits) forget_completion(session);
      }
    } expected{*session};
    CallUnderWay call(*session);
    kevy::ReplyRoot* first = nullptr;
    const kevy_status status = begin(*session, words, first);
    if (status == KEVY_PENDING) {
      session->submitted = expected.waits = true;
      call.go_on();
      return fail(KEVY_PENDING, "the command waits: kevy_session_result gives its reply");
    }
    *reply = handle_of(first);
    return status;
  });
}

kevy_status kevy_session_result(kevy_session* session, int64_t timeout_ms, kevy_reply** reply) {
  if (reply == nullptr) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kTrees); status != KEVY_OK) {
    return status;
  }
  if (!session->submitted) {
    if (session->protocol->closing()) return closed_session(*session);
    return fail(KEVY_NOT_FOUND, "no command was submitted that waited, or its reply was taken");
  }
  return guard([&]() -> kevy_status {
    // Also when what was postponed finds no memory.
    struct Over {
      kevy_session& session;
      ~Over() {
        if (session.session().waits()) return;
        session.submitted = false;
        session.call().store(kevy::Session::HostCall::kNone);
        forget_completion(session);
      }
    } const over{*session};
    kevy::ReplyRoot* first = nullptr;
    kevy_status status = KEVY_PENDING;
    while (status == KEVY_PENDING) {
      if (!session->outbox().wait_resumed(microseconds_of(timeout_ms))) return timed_out();
      status = take_outcome(*session, first);
      if (status == KEVY_PENDING) expect_again(*session);
    }
    if (status == KEVY_OK) *reply = handle_of(first);
    return status;
  });
}

kevy_status kevy_session_cancel(kevy_session* session) {
  if (session == nullptr) return null_argument();
  if (session->generation != fork_generation()) return forked();
  using HostCall = kevy::Session::HostCall;
  auto runs = HostCall::kRuns;
  if (!session->call().compare_exchange_strong(runs, HostCall::kCancelled) &&
      runs != HostCall::kCancelled) {
    return fail(KEVY_NOT_FOUND, "the session runs no command");
  }
  kevy::Runtime& runtime = session->engine->runtime();
  kevy::Turn turn(runtime);
  runtime.end_wait(turn, session->protocol->session(), kevy::WaitEnd::kCancelled, true);
  return KEVY_OK;
}
