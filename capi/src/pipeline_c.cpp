// Pipelines: several commands in one call, one after the other or as one step.
#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/shard/shard.h"
#include "session_handle.h"

using namespace kevy::capi;
using kevy::Args;
using kevy::Bytes;
using kevy::ReplyRoot;
using kevy::ReplyTree;
using kevy::Turn;

kevy_status PipelineWords::check(uint32_t flags) noexcept {
  if ((flags & ~uint32_t{KEVY_PIPELINE_ATOMIC}) != 0) return fail(KEVY_INVALID, "flags: unknown");
  if (count != 0 && argc == nullptr) return null_argument();
  for (size_t i = 0; i < count; ++i) {
    if (argc[i] == 0) return fail(KEVY_INVALID, "a command of the pipeline has no words");
    total += argc[i];
  }
  if (total != 0 && has_null(total, argv, argv_size)) return null_argument();
  return KEVY_OK;
}

namespace {

// Runs one of several commands. One that finds no memory is answered so in its place. Throws
// Unsafe.
template <typename Run>
void run_in_place(ReplyTree& replies, Run&& run) {
  const kevy::Reply::Mark mark = replies.mark();
  try {
    run();
  } catch (const std::bad_alloc&) {
    replies.take_back(mark);
    replies.answer_no_memory();  // inside the array it takes no memory
  }
}

// Runs commands of `argc` words each, one behind another in `words`; some at a time, so that what
// their keys lie in is fetched together.
void run_all(kevy::Runtime& runtime, std::span<const size_t> argc, Args words, ReplyTree& replies) {
  constexpr size_t kAtOnce = 16;
  std::array<Args, kAtOnce> commands;
  std::array<kevy::Route, kAtOnce> routes;
  Turn turn(runtime);
  while (!argc.empty()) {
    const size_t count = std::min(argc.size(), kAtOnce);
    for (size_t i = 0; i < count; ++i) {
      commands[i] = words.first(argc[i]);
      words = words.subspan(argc[i]);
    }
    argc = argc.subspan(count);
    runtime.prepare(turn, runtime.stateless(), std::span(commands).first(count), routes);
    for (size_t i = 0; i < count; ++i) {
      run_in_place(replies, [&] {
        runtime.execute(turn, runtime.stateless(), commands[i], routes[i], replies);
      });
    }
  }
  settle(turn);
}

// The same where a word may be too long to be looked at.
void run_one_by_one(kevy::Runtime& runtime, std::span<const size_t> argc, Args words,
                    ReplyTree& replies) {
  for (const size_t count : argc) {
    const Args command = words.first(count);
    words = words.subspan(count);
    run_in_place(replies, [&] {
      if (!runtime.accepts_words(runtime.stateless(), command, replies)) return;
      Turn turn(runtime);
      runtime.execute(turn, runtime.stateless(), command, replies);
      settle(turn);
    });
  }
}

// The same on a session. Not KEVY_OK when the session has ended before the command, or the command
// waited and that was ended.
kevy_status run_in_place(kevy_session& session, size_t argc, const char* const* argv,
                         const size_t* sizes, ReplyTree& all) {
  if (session.protocol->closing()) return closed_session(session);
  kevy_status status = KEVY_OK;
  run_in_place(all, [&] {
    ReplyRoot* one = nullptr;
    status = run(session, Words(argc, argv, sizes), one);
    if (one == nullptr) {
      all.null();
    } else {
      all.append(one);
    }
  });
  return status;
}

// Verbs that begin or end a transaction, or the session, which is what the flag is there for.
constexpr Bytes kEndTransaction[] = {"multi", "exec", "discard", "watch", "reset", "quit"};
// Verbs that answer once a channel: in EXEC's reply those behind them would be out of place.
constexpr Bytes kAnswerOften[] = {"subscribe",    "unsubscribe", "psubscribe",
                                  "punsubscribe", "ssubscribe",  "sunsubscribe"};

bool is_one_of(std::span<const Bytes> verbs, Bytes verb) noexcept {
  return std::any_of(verbs.begin(), verbs.end(),
                     [&](Bytes one) { return kevy::equals_ignoring_case(verb, one); });
}

// Replies that are owned until they are taken; none where a command was queued.
class Refusals {
 public:
  explicit Refusals(size_t count) : replies_(count) {}
  Refusals(const Refusals&) = delete;
  Refusals& operator=(const Refusals&) = delete;
  ~Refusals() {
    for (ReplyRoot* reply : replies_) kevy::free_reply(reply);
  }
  /// Keeps the reply if it is an error.
  void add(size_t i, ReplyRoot* reply) noexcept {
    const bool refused = reply != nullptr && node_of(reply)->type == kevy::NodeType::kError;
    if (refused) {
      replies_[i] = reply;
      any_ = true;
    } else {
      kevy::free_reply(reply);
    }
  }
  bool any() const noexcept { return any_; }
  void write(ReplyTree& all, Bytes otherwise) {
    for (ReplyRoot*& reply : replies_) {
      if (reply == nullptr) {
        all.error(otherwise);
      } else {
        all.append(std::exchange(reply, nullptr));
      }
    }
  }

 private:
  std::vector<ReplyRoot*> replies_;
  bool any_ = false;
};

ReplyRoot* run_verb(kevy_session& session, const char* verb) {
  const size_t size = std::strlen(verb);
  ReplyRoot* reply = nullptr;
  run(session, Words(1, &verb, &size), reply);  // which waits for nothing
  return reply;
}

// Ends a transaction for which there was no memory.
struct DiscardUnlessRun {
  kevy_session& session;
  bool run = false;
  ~DiscardUnlessRun() {
    if (!run) session.session().end_transaction();
  }
};

// Runs the commands as between MULTI and EXEC; the reply is EXEC's, unless a command was refused.
kevy_reply* run_atomically(kevy_session& session, const PipelineWords& words) {
  Refusals refusals(words.count);
  ReplyTree all(3);
  all.array(words.count);
  DiscardUnlessRun transaction{session};
  kevy::free_reply(run_verb(session, "MULTI"));
  size_t i = 0;
  words.for_each([&](size_t argc, const char* const* argv, const size_t* sizes) {
    ReplyRoot* reply = nullptr;
    run(session, Words(argc, argv, sizes), reply);
    refusals.add(i++, reply);
    return true;
  });
  if (refusals.any()) {
    kevy::free_reply(run_verb(session, "DISCARD"));
    refusals.write(all, "EXECABORT Transaction discarded because of previous errors.");
    return handle_of(all.take());
  }
  transaction.run = true;
  ReplyRoot* const reply = run_verb(session, "EXEC");
  if (reply == nullptr) return handle_of(all.take());  // the session wants no replies
  if (node_of(reply)->type == kevy::NodeType::kNull) {
    kevy::free_reply(reply);
    return nullptr;
  }
  if (node_of(reply)->type != kevy::NodeType::kError) return handle_of(reply);
  const kevy::FinishedReplies refusal(reply);
  for (i = 0; i < words.count; ++i) all.copy(*node_of(reply));
  return handle_of(all.take());
}

kevy_status check_atomic(const kevy_session& session, const PipelineWords& words) {
  const kevy::Session& state = session.protocol->session();
  if (state.transaction.open) {
    return fail(KEVY_INVALID, "the session is between MULTI and EXEC already");
  }
  if (state.protocol == 2 && state.subscribed_to_any()) {
    return fail(KEVY_INVALID,
                "the session has subscribed, which in protocol 2 allows no transaction");
  }
  const char* wrong = nullptr;
  words.for_each([&](size_t, const char* const* argv, const size_t* sizes) {
    const Bytes verb = *bytes_of(argv, sizes, 0);
    if (is_one_of(kEndTransaction, verb)) {
      wrong =
          "an atomic pipeline is a transaction of its own: no MULTI, EXEC, DISCARD, WATCH, RESET "
          "or QUIT in it";
    } else if (is_one_of(kAnswerOften, verb)) {
      wrong = "an atomic pipeline has one reply a command: no SUBSCRIBE and its like in it";
    }
    return wrong == nullptr;
  });
  return wrong == nullptr ? KEVY_OK : fail(KEVY_INVALID, wrong);
}

kevy_status run_pipeline(kevy_session& session, const PipelineWords& words, uint32_t flags,
                         kevy_reply** replies) {
  if ((flags & KEVY_PIPELINE_ATOMIC) != 0) {
    if (const auto status = check_atomic(session, words); status != KEVY_OK) return status;
    *replies = run_atomically(session, words);
    return KEVY_OK;
  }
  ReplyTree all(3);
  all.array(words.count);
  kevy_status status = KEVY_OK;
  words.for_each([&](size_t argc, const char* const* argv, const size_t* sizes) {
    status = run_in_place(session, argc, argv, sizes, all);
    return status == KEVY_OK;
  });
  if (status != KEVY_OK) return status;
  *replies = handle_of(all.take());
  return KEVY_OK;
}

}  // namespace

kevy_status kevy_pipeline(kevy_instance* instance, size_t count, const size_t* argc,
                          const char* const* argv, const size_t* argv_size, uint32_t flags,
                          kevy_reply** replies) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  if (replies == nullptr) return null_argument();
  PipelineWords pipeline{count, argc, argv, argv_size};
  if (const kevy_status status = pipeline.check(flags); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::SessionStart start;
    start.protocol = default_protocol(*instance);
    if ((flags & KEVY_PIPELINE_ATOMIC) != 0) {
      return run_pipeline(*make_session(*instance, start), pipeline, flags, replies);
    }
    const Words words(pipeline.total, argv, argv_size);
    ReplyTree tree(start.protocol);
    tree.array(count);
    (words.any_long() ? run_one_by_one : run_all)(instance->engine->runtime(),
                                                  std::span(argc, count), words.args(), tree);
    *replies = handle_of(tree.take());
    return KEVY_OK;
  });
}

kevy_status kevy_session_pipeline(kevy_session* session, size_t count, const size_t* argc,
                                  const char* const* argv, const size_t* argv_size, uint32_t flags,
                                  kevy_reply** replies) {
  if (replies == nullptr) return null_argument();
  if (const auto status = check(session, kevy_session::Form::kTrees); status != KEVY_OK) {
    return status;
  }
  PipelineWords pipeline{count, argc, argv, argv_size};
  if (const kevy_status status = pipeline.check(flags); status != KEVY_OK) return status;
  if (const auto status = check_free(*session); status != KEVY_OK) return status;
  if (session->protocol->closing()) return closed_session(*session);
  return guard([&] {
    const CallUnderWay call(*session);
    return run_pipeline(*session, pipeline, flags, replies);
  });
}
