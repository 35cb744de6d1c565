// Waiter: a session's command that found nothing and waits for a change of its keys.
//
// It keeps what is needed to run the command again on the session's behalf, by whichever thread
// makes the change: its own copy of the words, and a place for the reply. Its session runs no other
// command meanwhile, so that thread may act on the session as its own would.
//
// Whoever serves the waiter or ends its wait claims it first; it is claimed once. Its key's waiters
// (waiters.h) refer to it, under the locks of their shards, until it is served or its session takes
// it out; so does whoever ends it (deadlines.h, CLIENT UNBLOCK, a cancel), at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "resp/reply.h"
#include "runtime/dispatch/command.h"
#include "runtime/dispatch/shard_set.h"
#include "runtime/waiting/wait.h"
#include "store/keyspace.h"

namespace kevy {

class Session;
class Waiter;
class WaitQueue;
struct Shard;
using WaiterPtr = std::shared_ptr<Waiter>;

/// Why a wait ended without being served.
enum class WaitEnd : uint8_t {
  kNot,
  kTimeout,
  kUnblocked,  // CLIENT UNBLOCK ... ERROR
  kCancelled,  // by who holds the session in the process
  kGone,       // the session is over
  kRetry,      // what postponed the command is over: it is run now
};

class Waiter {
 public:
  Waiter(std::shared_ptr<Session> session_that_waits, const CommandRow& command, Args words,
         int in_database);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Constant once the wait has begun.
  const std::shared_ptr<Session> session;
  const CommandRow& row;
  const int database;
  WaitMask wanted = 0;
  int64_t deadline_us = kNoDeadline;
  uint64_t log_position = 0;
  bool looks = false;  // it may name moments to be run again at
  /// Whether it is to be told of any moment.
  bool timed() const noexcept { return looks || deadline_us != kNoDeadline; }
  std::shared_ptr<Migration> migration;
  Args args() const noexcept { return words_; }
  /// Whether serving it may push to another key, so that others are served next.
  bool moves = false;
  /// It was run again and found no memory. Of whoever has claimed it.
  bool starved = false;
  /// It was not run at all: CLIENT PAUSE (pause.h), or it publishes (arrivals.h).
  bool postponed = false;
  /// That is soon over, and the command is run even if its client has gone: it publishes.
  bool awaits_looks = false;
  /// Those of all keys of the command.
  ShardSet shards;
  /// Whether others than these may be needed to serve it: a command that moves on what it gets may
  /// cause others anywhere to be served.
  bool needs_all() const noexcept { return moves || shards.all(); }

  /// Where it stands in line. Guarded by the lock of the key's shard.
  struct Place {
    Shard* shard;
    Key key;                     // among the words
    WaitQueue* queue = nullptr;  // nullptr: not any more
    std::list<WaiterPtr>::iterator at;
  };
  std::vector<Place> places;
  /// What it is told of next: its deadline, or before that a look, at one of the places. Guarded by
  /// the lock of Deadlines.
  int64_t due_us = kNoDeadline;
  size_t look_place = 0;
  /// In how many of them it stands. May be read without a lock.
  std::atomic<size_t> standing{0};

  /// Where in the write log the change ends that serving it has made, or seen. Of whoever has
  /// claimed it, and then of its session.
  uint64_t fence = 0;
  /// What the command answers when served; nullptr when nobody wants that, or it is postponed. Of
  /// whoever has claimed it, and then of its session.
  std::unique_ptr<Reply> reply;

  /// To be called before the command is run again. False when its wait is over.
  bool claim() noexcept;
  /// It found something: the reply is there.
  void serve() noexcept { state_.store(State::kServed); }
  /// It found nothing. False when its wait was to end meanwhile, and has.
  bool give_back() noexcept;
  /// Ends the wait. False when it is over, or is being served by another thread; if that is in
  /// vain, it ends then, provided that it `must`.
  bool end(WaitEnd why, bool must) noexcept;

  bool over() const noexcept {
    const State state = state_.load();
    return state == State::kServed || state == State::kEnded;
  }
  bool served() const noexcept { return state_.load() == State::kServed; }
  /// Once it is over, and was not served.
  WaitEnd why() const noexcept { return why_.load(); }

 private:
  enum class State : uint8_t { kWaiting, kServing, kServed, kEnded };

  bool try_end() noexcept;

  std::vector<std::string> texts_;
  std::vector<Bytes> words_;
  std::atomic<State> state_{State::kWaiting};
  std::atomic<WaitEnd> why_{WaitEnd::kNot};
};

}  // namespace kevy
