// Call: one command being run: its arguments, its session, the keys it declared, the reply to
// write, and the one way to report what it changed.
//
// A handler gets a Call and nothing else. It never blocks, locks, spawns, reads a clock or touches
// a descriptor, and reaches only keys it declared: dispatch holds the shards of exactly those.
#pragma once

#include "base/clock.h"
#include "resp/reply.h"
#include "runtime/dispatch/command.h"
#include "runtime/dispatch/turn.h"
#include "runtime/mutation/events.h"
#include "runtime/mutation/mutation.h"
#include "runtime/mutation/unit.h"
#include "runtime/runtime.h"
#include "runtime/session/session.h"
#include "runtime/waiting/wait.h"

namespace kevy {

class Call {
 public:
  Call(Turn& turn_of_call, Session& session_of_call, const CommandRow& command, Args arguments,
       Reply& reply_to_write, Reply& reply_unsilenced, Unit* log_unit)
      : turn(turn_of_call),
        runtime(turn_of_call.runtime()),
        session(session_of_call),
        row(command),
        args(arguments),
        reply(reply_to_write),
        unsilenced(reply_unsilenced),
        unit_(log_unit) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Turn& turn;
  Runtime& runtime;
  Session& session;
  const CommandRow& row;
  const Args args;
  Reply& reply;
  /// The reply for what a session gets even while CLIENT REPLY is off: the confirmations of
  /// SUBSCRIBE and its like, and the answer of the command that turns replies on again.
  Reply& unsilenced;

  size_t argc() const noexcept { return args.size(); }
  int64_t now_ms() { return turn.moment().ms(); }

  /// The block of one of the arguments, if it came in one, which the store may keep.
  SharedBytes block_of(Bytes argument) const noexcept;

  /// Argument `index` as a key.
  Key key(size_t index) { return key_of(args[index]); }
  Key key_of(Bytes bytes) {
    if (is_bound(bytes)) [[likely]]
      return bound_;
    return {bytes, runtime.hash(bytes)};
  }
  /// For dispatch: the command's only key, whose hash it has computed, and the shard it lies on.
  void bind_key(const Key& key, Shard& shard) {
    bound_ = key;
    bound_shard_ = &shard;
    bound_keyspace_ = &shard.keyspace(static_cast<size_t>(session.database));
  }

  Shard& shard_of(const Key& key) {
    if (is_bound(key.bytes)) [[likely]]
      return *bound_shard_;
    return other_shard(key);
  }
  Keyspace& keyspace(const Key& key) {
    if (is_bound(key.bytes)) [[likely]]
      return *bound_keyspace_;
    return keyspace(key, session.database);
  }
  Keyspace& keyspace(const Key& key, int database);

  /// For rows with kWalksShards: makes sure that shard `index` is held and gives it.
  Shard& visit_shard(uint32_t index);

  /// The entry of a key that is there and has not expired; what has expired is removed first, and
  /// so are the expired fields of a hash. find_read counts a hit or a miss, and all three note the
  /// access unless the session asked not to.
  Entry* find_read(const Key& key);
  Entry* find_write(const Key& key);
  Entry* find_in(const Key& key, int database);
  /// As find_read, but no access is noted: EXISTS, TYPE and the times to live.
  Entry* ask(const Key& key);
  /// As find_read, and the access is noted whatever the session asked for.
  Entry* touch(const Key& key);
  /// The same entry; neither a hit or a miss is counted nor an access noted.
  Entry* peek(const Key& key);
  Entry* peek_in(const Key& key, int database);

  /// The mutation point: every change of a key is reported here, right after it was made. Marks
  /// the watches, raises the keyspace event and has the command logged. `event` is a literal.
  void changed(const Key& key, EventClass event_class, Bytes event) {
    changed_in(key, session.database, event_class, event);
  }
  void changed_in(const Key& key, int database, EventClass event_class, Bytes event) {
    dirty_ = true;
    Shard& shard = shard_of(key);
    ++shard.changes;
    if (has_listeners(runtime, shard)) [[unlikely]] {
      announce_change(key, database, event_class, event);
    }
  }
  /// Reports, once it is there, a key that was not there before: raises its event. Its change is
  /// reported after it.
  void made(const Key& key) { made_in(key, session.database); }
  void made_in(const Key& key, int database) {
    mark_made(turn, shard_of(key), database, key);
    notify(key, database, kEventNew, "new");
  }
  /// A further event of a change that was reported already.
  void notify(const Key& key, int database, EventClass event_class, Bytes event) {
    raise_event(turn, publisher(), database, key, event_class, event);
  }
  /// On whose behalf this publishes; nullptr without a session.
  Subscriber* publisher() const noexcept {
    return session.stateless() || served_ != nullptr ? nullptr : &session;
  }
  /// Whose command this is; nullptr without a session.
  Session* client() const noexcept { return session.stateless() ? nullptr : &session; }
  /// The pub/sub lock, held until the command, or the EXEC it is part of, is over.
  PubSubTurn& pubsub() { return turn.hold_pubsub(publisher()); }
  /// A change that has no one key: FLUSHALL, SWAPDB.
  void changed_everything() noexcept {
    count_changes(1);
    dirty_ = true;
    commit_effects();
  }
  /// A change of a key that clients who watch it are not told of.
  void changed_unseen(const Key& key) noexcept {
    dirty_ = true;
    Shard& shard = shard_of(key);
    ++shard.changes;
    if (shard.interested != 0) [[unlikely]]
      shard.watches.changed_unseen(session.database, key);
    commit_effects();
  }
  /// What somebody waits for by time alone may come sooner than was known, because of a change of
  /// the key: Wait::look.
  void hasten_looks(const Key& key) noexcept {
    Shard& shard = shard_of(key);
    if (shard.waiters.any()) [[unlikely]]
      note_for_lookers(turn, shard, session.database, key);
  }
  /// That the change of the key, which is reported as one, was of so many elements: what `save`
  /// rules and INFO go by.
  void count_as(const Key& key, uint64_t elements) noexcept {
    shard_of(key).changes += elements - 1;
  }
  /// Further changes, of no key.
  void count_changes(uint64_t changes) noexcept {
    runtime.counters().keyless_changes.fetch_add(changes, std::memory_order_relaxed);
  }
  /// Whether a command that ran as a part of this one has changed anything.
  bool parts_changed_anything() const noexcept { return has_changed_; }
  /// Says, before changed(), that no more than the first `words` words of the command were carried
  /// out, since memory ran out.
  void did_only(size_t words) noexcept { words_done_ = words; }

  /// Whether anybody wants to know the effects.
  bool logged() const noexcept { return unit_ != nullptr; }
  /// Logs this instead of the command's own words. May be called several times, before each change
  /// is reported: where it finds no memory there must be no change without an effect.
  void effect(std::initializer_list<Bytes> words) { effect_in(session.database, words); }
  /// The same for words that follow from the arguments; not to be made unless logged().
  void effect(Args words) { log_effect(session.database, words); }
  void effect_in(int database, std::initializer_list<Bytes> words) {
    if (unit_ != nullptr) [[unlikely]]
      log_effect(database, {words.begin(), words.size()});
  }

  /// For dispatch: runs the handler, and logs the command's own words if it changed something and
  /// gave no effect. When the handler throws, that is done for what it had changed before.
  [[gnu::always_inline]] void run() {
    if (unit_ == nullptr) [[likely]] {
      row.handler(*this);
    } else {
      run_logged();
    }
  }
  /// What run() does before and after the handler while there is a log, for those that do without
  /// one. The first may throw; then nothing has happened.
  void begin_log();
  void end_log(bool failed) noexcept;

  /// Removes an expired entry through the mutation point.
  void expire(const Key& key, int database);

  void error(Bytes text) { reply.error(text); }

  /// The session waits for a change of its keys: what a handler does that finds nothing and is to
  /// wait (runtime/waiting/wait.h). False when the command may not wait here. Throws
  /// std::bad_alloc, and nothing waits.
  bool suspend(const Wait& wait);
  /// Whether the command has waited, and is run again since one of its keys has changed.
  bool waited() const noexcept { return served_ != nullptr; }
  /// What it has waited for, when that was a migration; or nullptr.
  Migration* migration() const noexcept;
  /// For who runs commands as parts of another: this one may not wait.
  void forbid_waiting() noexcept { may_wait_ = false; }
  /// Whether it may.
  bool may_wait() const noexcept { return may_wait_; }

 private:
  friend class Runtime;

  bool is_bound(Bytes key) const noexcept {
    return bound_shard_ != nullptr && key.data() == bound_.bytes.data() &&
           key.size() == bound_.bytes.size();
  }
  Shard& other_shard(const Key& key);
  void announce_change(const Key& key, int database, EventClass event_class, Bytes event);
  Entry* find_unexpired(Keyspace& keyspace, const Key& key, int database);
  Entry* find_used(Keyspace& keyspace, const Key& key, int database);
  Entry* counted(const Key& key, Entry* entry);
  Entry* drop_expired(Keyspace& keyspace, Entry& entry, const Key& key, int database);
  void run_logged();
  void log_effect(int database, Args words);
  void commit_effects() noexcept {
    if (unit_ != nullptr) effects_committed_ = unit_->size();
  }
  void commit_further_effects(size_t before) noexcept;
  void keep_own_words(bool keep) noexcept;
  bool words_last() const noexcept;

  Unit* const unit_;  // nullptr when nothing listens
  Key bound_;
  Shard* bound_shard_ = nullptr;        // of bound_
  Keyspace* bound_keyspace_ = nullptr;  // and in the session's database
  Waiter* served_ = nullptr;            // of the command, when it has waited
  bool may_wait_ = true;
  bool suspended_ = false;
  bool dirty_ = false;
  bool has_changed_ = false;  // by its parts
  bool effect_given_ = false;
  size_t words_done_ = 0;  // 0: all
  // While there is a log. Memory for an effect is got before the change: the command's own words
  // are there for the log to copy, or wait in the unit from the start, and of other effects those
  // count whose change was reported.
  bool own_words_kept_ = false;  // in the unit
  bool own_words_last_ = false;  // until the log has copied them
  size_t own_words_at_ = 0;
  size_t effects_committed_ = 0;
};

}  // namespace kevy
