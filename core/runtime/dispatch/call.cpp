#include "runtime/dispatch/call.h"

#include <new>

#include "base/number.h"

namespace kevy {

Shard& Call::visit_shard(uint32_t index) {
  Shard& shard = runtime.shard(index);
  if (!turn.holds_all()) turn.hold(shard);
  return shard;
}

SharedBytes Call::block_of(Bytes argument) const noexcept {
  for (const SharedBytes& block : session.long_words) {
    if (block.bytes().data() == argument.data()) return block;
  }
  return {};
}

// Not inlined: a key that is not the command's only one is rare, and handlers are short.
Shard& Call::other_shard(const Key& key) { return runtime.shard_of(key); }

Keyspace& Call::keyspace(const Key& key, int database) {
  return shard_of(key).keyspace(static_cast<size_t>(database));
}

void Call::announce_change(const Key& key, int database, EventClass event_class, Bytes event) {
  commit_effects();
  mark_changed(turn, client(), shard_of(key), database, key);
  notify(key, database, event_class, event);
}

// Inlined where it is used: the commands' own work is often as short as this.
[[gnu::always_inline]] inline Entry* Call::find_unexpired(Keyspace& keyspace, const Key& key,
                                                          int database) {
  Entry* entry = keyspace.find(key);
  if (entry == nullptr || !entry->may_expire()) [[likely]]
    return entry;
  return drop_expired(keyspace, *entry, key, database);
}

Entry* Call::drop_expired(Keyspace& keyspace, Entry& entry, const Key& key, int database) {
  if (runtime.loading()) [[unlikely]]
    return &entry;
  if (entry.expired(now_ms())) {
    expire(key, database);
    return nullptr;
  }
  if (!entry.fields_expired(now_ms())) return &entry;
  const size_t effects_before = unit_ != nullptr ? unit_->size() : 0;
  remove_expired_fields(turn, client(), publisher(), shard_of(key), database, key, SIZE_MAX, unit_);
  commit_further_effects(effects_before);
  Entry* const left = keyspace.find(key);
  // Where memory ran out after some of them, the others are there still, which nobody is to meet.
  if (left != nullptr && left->fields_expired(now_ms())) throw std::bad_alloc();
  return left;
}

Entry* Call::peek(const Key& key) { return find_unexpired(keyspace(key), key, session.database); }

Entry* Call::peek_in(const Key& key, int database) {
  return find_unexpired(keyspace(key, database), key, database);
}

[[gnu::always_inline]] inline Entry* Call::find_used(Keyspace& keyspace, const Key& key,
                                                     int database) {
  Entry* entry = find_unexpired(keyspace, key, database);
  if (entry == nullptr) {
    keyspace.set_access_of_new(first_access(turn));  // the command may go on to make the key
  } else if (!session.no_touch.load(std::memory_order_relaxed)) {
    note_access(turn, *entry);
  }
  return entry;
}

Entry* Call::find_write(const Key& key) { return find_used(keyspace(key), key, session.database); }

Entry* Call::find_in(const Key& key, int database) {
  return find_used(keyspace(key, database), key, database);
}

[[gnu::always_inline]] inline Entry* Call::counted(const Key& key, Entry* entry) {
  Shard& shard = shard_of(key);
  if (entry == nullptr) {
    ++shard.statistics.keyspace_misses;
    notify(key, session.database, kEventKeyMiss, "keymiss");
    return nullptr;
  }
  ++shard.statistics.keyspace_hits;
  return entry;
}

Entry* Call::find_read(const Key& key) {
  return counted(key, find_used(keyspace(key), key, session.database));
}

Entry* Call::ask(const Key& key) { return counted(key, peek(key)); }

Entry* Call::touch(const Key& key) {
  Entry* entry = ask(key);
  if (entry != nullptr) note_access(turn, *entry);
  return entry;
}

void Call::expire(const Key& key, int database) {
  const size_t effects_before = unit_ != nullptr ? unit_->size() : 0;
  remove_expired(turn, client(), publisher(), shard_of(key), database, key, unit_);
  commit_further_effects(effects_before);
}

// Those behind the first `before` belong to a change that was made; the ones in front of them that
// wait for theirs go on waiting.
void Call::commit_further_effects(size_t before) noexcept {
  if (unit_ == nullptr) return;
  unit_->rotate(effects_committed_, before);
  effects_committed_ += unit_->size() - before;
}

void Call::run_logged() {
  begin_log();
  try {
    row.handler(*this);
  } catch (...) {
    end_log(true);
    throw;
  }
  end_log(false);
}

// Whether the command's words are there until the log takes them, and few enough for it to do so
// while others wait.
bool Call::words_last() const noexcept {
  if (unit_->in_parts()) return false;
  size_t bytes = 0;
  for (const Bytes word : args) bytes += word.size() + kIntegerTextMax;
  return bytes <= Unit::kSmallMax;
}

void Call::begin_log() {
  runtime.log()->make_ready();
  own_words_at_ = unit_->size();
  if (row.has(kWrite) && !args.empty()) {
    own_words_last_ = words_last();
    own_words_kept_ = !own_words_last_;
    if (own_words_kept_) unit_->push(session.database, args);
  }
  commit_effects();
}

void Call::end_log(bool failed) noexcept {
  if (failed) unit_->truncate(effects_committed_);
  keep_own_words(dirty_ && !effect_given_);
}

// Behind what had expired, which came first.
void Call::keep_own_words(bool keep) noexcept {
  if (own_words_last_ && keep) {
    unit_->set_own(session.database, words_done_ == 0 ? args : args.first(words_done_));
  }
  if (!own_words_kept_) return;
  if (!keep) {
    unit_->erase(own_words_at_);
    return;
  }
  if (words_done_ != 0) unit_->cut(own_words_at_, words_done_);
  unit_->rotate(own_words_at_, own_words_at_ + 1);
}

void Call::log_effect(int database, Args words) {
  unit_->push(database, words);
  effect_given_ = true;
}

}  // namespace kevy
