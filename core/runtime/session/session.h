// Session: the state of one connection, with or without a socket. The connection's own verbs
// (MULTI, SELECT, SUBSCRIBE, HELLO, CLIENT ...) act on it as other verbs act on the store.
//
// It belongs to one thread at a time, the one that runs its commands; the members are sorted by
// who else may touch them. Runtime::open_session makes it known to CLIENT LIST and CLIENT KILL,
// Runtime::close_session takes it out again with its watches and subscriptions.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/shared_bytes.h"
#include "runtime/dispatch/command.h"
#include "runtime/pubsub/subscriber.h"
#include "runtime/session/session_memory.h"
#include "runtime/session/session_traffic.h"
#include "runtime/shard/watches.h"
#include "runtime/tracking/session_tracking.h"

namespace kevy {

class Waiter;

/// A command waiting for EXEC.
struct QueuedCommand {
  const CommandRow* row;
  std::vector<std::string> args;
};

struct WatchedKey {
  int database;
  std::string key;

  /// Orders by what is watched.
  struct Less {
    using is_transparent = void;
    using Name = std::pair<int, Bytes>;
    static Name name(const Name& name) { return name; }
    static Name name(const WatchedKey& watched) { return {watched.database, watched.key}; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return name(a) < name(b);
    }
  };
};

struct Transaction {
  bool open = false;
  bool running = false;  // EXEC runs what was queued
  bool broken = false;  // a queued command was wrong: EXEC will refuse
  std::vector<QueuedCommand> queue;
  std::set<WatchedKey, WatchedKey::Less> watched;
  size_t memory = 0;  // of the queue and the watches, about
};

/// CLIENT REPLY: whether the session is answered. SKIP is kSkipNext until the next command begins, and
/// kSkip while that runs.
enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext, kSkip };

/// What CLIENT LIST tells of a session in words; copied out under the session's own lock.
struct SessionLabels {
  std::string name;
  std::string library_name;
  std::string library_version;
  std::string address;
  std::string local_address;
};

/// What a session begins with, where who opens it may choose.
struct SessionStart {
  int protocol = 2;
  int database = 0;
  SessionLabels labels;
};

class Session final : public Subscriber {
 public:
  /// How its commands come. kConnected: over a socket that the process itself asked for.
  enum class Door : uint8_t { kStateless, kInProcess, kConnected, kTcp, kUnix };
  /// Whether the host's call on the session is under way, and whether the host wants it to end.
  enum class HostCall : uint8_t { kNone, kRuns, kCancelled };

  Session(uint64_t session_id, Door session_door, const OutputLimit& pubsub_limit)
      : Subscriber(pubsub_limit), id(session_id), door(session_door) {}

  // Constant.
  const uint64_t id;
  const Door door;

  // Of the thread that runs the session.
  int database = 0;
  int protocol = 2;
  bool authenticated = true;
  bool closing = false;      // no further command is run; close once the output is out
  ReplyMode reply_mode = ReplyMode::kOn;  // changed by set_reply_mode()
  /// CLIENT REPLY or CLIENT TRACKING has something done beside each command.
  bool attended = false;
  /// What was sent before what it runs now has been looked at (arrivals.h). Of one with a socket, and
  /// said anew with what comes to that.
  bool arrivals_seen = false;
  /// Where in the write log its last change ends: what WAITAOF waits for.
  uint64_t written_to = 0;
  Transaction transaction;
  /// The blocks of words of the command that is being run, where they have blocks.
  std::span<const SharedBytes> long_words;

  // Any thread.
  std::atomic<int64_t> created_us{0};
  std::atomic<int64_t> last_active_us{0};
  std::atomic<const CommandRow*> last_command{nullptr};  // nullptr: none, or none that is known
  std::atomic<int> database_shown{0};
  std::atomic<int> protocol_shown{2};
  std::atomic<int> multi_shown{-1};
  std::atomic<bool> multi_seen{false};  // or WATCH, ever
  std::atomic<size_t> watched_shown{0};
  /// Whether something that is watched has changed.
  WatchFlag watch_flag;
  std::atomic<bool> no_evict{false};
  std::atomic<bool> no_touch{false};
  std::atomic<bool> can_be_redirected{false};  // the client said so: CLIENT CAPA
  std::atomic<bool> blocked_shown{false};      // a command of it waits
  std::atomic<int> descriptor{-1};
  std::atomic<HostCall> host_call{HostCall::kNone};
  std::array<std::atomic<uint32_t>, 3> subscription_counts{};
  /// A subscription of the host's, which takes nothing but what is published.
  std::atomic<bool> only_listens{false};
  SessionTracking tracking;
  SessionMemory memory;
  SessionTraffic traffic;

  SessionLabels labels() const {
    std::lock_guard guard(labels_lock_);
    return labels_;
  }
  template <typename Change>
  void change_labels(Change&& change) {
    std::lock_guard guard(labels_lock_);
    change(labels_);
  }

  /// The command that waits, or nullptr. While there is one no other command of the session is run.
  std::shared_ptr<Waiter> waiter() const {
    std::lock_guard guard(waiter_lock_);
    return waiter_;
  }
  /// Of the thread that runs the session, as setting it.
  bool waits() const noexcept { return waiter_ != nullptr; }
  void set_waiter(std::shared_ptr<Waiter> waiter) noexcept {
    std::lock_guard guard(waiter_lock_);
    waiter_.swap(waiter);  // the one before goes with the guard given back
  }

  void set_reply_mode(ReplyMode mode) noexcept {
    reply_mode = mode;
    note_attended();
  }
  /// To be called when reply_mode or tracking has changed.
  void note_attended() noexcept { attended = reply_mode != ReplyMode::kOn || tracking.on(); }
  /// Whether it has subscribed to anything, as any thread may see it.
  bool subscribed_shown() const noexcept {
    return subscription_counts[0].load(std::memory_order_relaxed) != 0 ||
           subscription_counts[1].load(std::memory_order_relaxed) != 0 ||
           subscription_counts[2].load(std::memory_order_relaxed) != 0;
  }
  /// Whether what a command answers now is discarded.
  bool silenced() const noexcept {
    return reply_mode == ReplyMode::kOff || reply_mode == ReplyMode::kSkip;
  }
  bool stateless() const noexcept { return door == Door::kStateless; }
  bool has_socket() const noexcept { return door >= Door::kConnected; }
  /// Who can call the library needs no password.
  bool trusted() const noexcept { return door < Door::kTcp; }
  /// Before its first command.
  void begin(const SessionStart& start) {
    protocol = start.protocol;
    protocol_shown.store(protocol, std::memory_order_relaxed);
    database = start.database;
    database_shown.store(database, std::memory_order_relaxed);
    change_labels([&](SessionLabels& mine) { mine = start.labels; });
  }
  /// Ended from outside: killed, or too much waited for it. Whoever serves it closes it.
  bool ended() const noexcept { return outbox.cancelled(); }
  /// Whether the command that runs is to end as soon as it may, by its host's wish.
  bool cancel_wanted() const noexcept {
    return host_call.load() == HostCall::kCancelled;
  }
  /// Drops what was queued; the watches are Runtime::forget_watches' matter.
  void end_transaction() noexcept {
    transaction.open = transaction.broken = false;
    std::vector<QueuedCommand>().swap(transaction.queue);  // clear() would keep its memory
    transaction.memory = 0;
    multi_shown.store(-1, std::memory_order_relaxed);
  }

 private:
  mutable Lock labels_lock_;
  SessionLabels labels_;
  mutable Lock waiter_lock_;
  std::shared_ptr<Waiter> waiter_;
};

}  // namespace kevy
