// ScriptStatus: what all threads may know of the script that is running, and may ask of it; and
// what INFO tells of scripts.
//
// A script holds all shards, so there is one at a time. When it has run for longer than
// busy-reply-threshold says it is busy (Runtime::set_script_busy): from then on commands are
// answered BUSY instead of waiting for it. It may be killed at any time, unless it has written.
// Counters are written by who holds all shards.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <string>

#include "base/bytes.h"
#include "base/cancel_flag.h"
#include "base/lock.h"

namespace kevy {

class ScriptStatus {
 public:
  enum class Kind : uint8_t { kScript, kFunction };
  enum class Kill : uint8_t { kNotRunning, kOtherKind, kUnkillable, kDone };

  // Of the thread that runs the script.
  void begin(Kind kind) noexcept {
    kind_.store(kind, std::memory_order_relaxed);
    state_.store(kind == Kind::kScript ? State::kScript : State::kFunction);
  }
  void end() noexcept { state_.store(State::kNone); }
  /// A command that may write comes next. False: the script is to end first.
  [[nodiscard]] bool note_write() noexcept {
    State state = state_.load(std::memory_order_relaxed);
    while (state == State::kScript || state == State::kFunction) {
      if (state_.compare_exchange_weak(state, State::kWrote)) return true;
    }
    return state != State::kKilled;
  }
  bool wrote() const noexcept { return state_.load(std::memory_order_relaxed) == State::kWrote; }
  bool kill_wanted() const noexcept {
    return state_.load(std::memory_order_relaxed) == State::kKilled ||
           stopping_.load(std::memory_order_relaxed) ||
           cancel_.load(std::memory_order_relaxed).set();
  }

  // Of any thread.
  bool running() const noexcept { return state_.load() != State::kNone; }
  Kind kind() const noexcept { return kind_.load(std::memory_order_relaxed); }
  /// What others are answered while it is busy.
  std::string busy_text() const {
    return std::string("BUSY Valkey is busy running a script. You can only call ") +
           (kind() == Kind::kScript ? "SCRIPT" : "FUNCTION") + " KILL or SHUTDOWN NOSAVE.";
  }
  /// What a script that was killed ends with.
  const char* killed_text() const noexcept {
    return kind() == Kind::kScript ? "ERR Script killed by user with SCRIPT KILL."
                                   : "ERR Script killed by user with FUNCTION KILL.";
  }
  /// Asks the script to end if it is of this kind, unless it has written.
  Kill kill(Kind wanted) noexcept {
    const State mine = wanted == Kind::kScript ? State::kScript : State::kFunction;
    State state = mine;
    if (state_.compare_exchange_strong(state, State::kKilled)) return Kill::kDone;
    switch (state) {
      case State::kNone:
        return Kill::kNotRunning;
      case State::kWrote:
        return Kill::kUnkillable;
      case State::kKilled:
        return kind() == wanted ? Kill::kDone : Kill::kOtherKind;
      default:
        return Kill::kOtherKind;
    }
  }

  /// A source that is to be run, now or later.
  void note_source(Bytes code) noexcept {
    if (speaks_of_publishing(code)) may_publish_.store(true, std::memory_order_relaxed);
  }
  /// Whether a script may publish: this one, if it is given by its source, or one of those noted.
  /// What puts the verb together as it runs is not seen.
  bool may_publish(Bytes source) noexcept {
    return may_publish_.load(std::memory_order_relaxed) || speaks_of_publishing_anew(source);
  }

  /// Ends the script whatever it has done, and those to come: the instance stops.
  void end_now() noexcept { stopping_.store(true, std::memory_order_relaxed); }
  /// The same once it is set.
  void set_cancel(CancelFlag cancel) noexcept { cancel_.store(cancel, std::memory_order_relaxed); }

  std::atomic<uint64_t> cached_scripts{0};
  std::atomic<uint64_t> cached_bytes{0};  // their texts
  std::atomic<uint64_t> functions{0};
  std::atomic<uint64_t> libraries{0};
  std::atomic<uint64_t> function_bytes{0};
  std::atomic<uint64_t> interpreter_bytes{0};
  std::atomic<uint64_t> evicted_scripts{0};

 private:
  /// In one word, so that a script is either killed or writes.
  enum class State : uint8_t { kNone, kScript, kFunction, kWrote, kKilled };

  static bool speaks_of_publishing(Bytes code) noexcept {
    return code.find("ublish") != Bytes::npos || code.find("UBLISH") != Bytes::npos;
  }

  // As a client sends the same few sources again and again, those are remembered that do not, and
  // each is gone through once: to compare it costs a tenth of that.
  static constexpr size_t kQuietMax = 16, kShort = 64, kLong = size_t{16} << 10;
  bool speaks_of_publishing_anew(Bytes source) noexcept {
    if (source.size() <= kShort || source.size() > kLong) return speaks_of_publishing(source);
    std::lock_guard guard(quiet_lock_);
    for (const std::string& quiet : quiet_) {
      if (quiet == source) return false;
    }
    if (speaks_of_publishing(source)) return true;
    try {
      quiet_[next_quiet_++ % kQuietMax].assign(source);
    } catch (const std::bad_alloc&) {  // is gone through again
    }
    return false;
  }

  std::atomic<State> state_{State::kNone};
  std::atomic<Kind> kind_{Kind::kScript};
  std::atomic<bool> stopping_{false};
  std::atomic<CancelFlag> cancel_{};
  std::atomic<bool> may_publish_{false};

  Lock quiet_lock_;  // a leaf; guards what follows
  std::array<std::string, kQuietMax> quiet_;
  size_t next_quiet_ = 0;
};

}  // namespace kevy
