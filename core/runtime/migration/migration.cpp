#include "runtime/migration/migration.h"

#include "runtime/runtime.h"

namespace kevy {

void Migration::watch(Runtime& runtime) {
  try {
    for (MovedKey& moved : keys) {
      const Key key{moved.name, runtime.hash(moved.name)};
      runtime.shard_of(key).watches.add(database, key, moved.changed);
      ++watched_;
    }
  } catch (const std::bad_alloc&) {
    forget(runtime);
    throw;
  }
}

void Migration::forget(Runtime& runtime) noexcept {
  for (; watched_ != 0; --watched_) {
    MovedKey& moved = keys[watched_ - 1];
    const Key key{moved.name, runtime.hash(moved.name)};
    runtime.shard_of(key).watches.remove(database, key, moved.changed);
  }
}

// Who waits for more than what is held here, for keys that went, is served by housekeeping.
void Runtime::end_migration(const WaiterPtr& waiter) noexcept {
  wait_for_log_room();
  Turn turn(*this);
  turn.hold(waiter->shards);
  if (!waiter->over() && is_postponed(*waiter->session, waiter->row)) {
    try {
      if (pause_.add(waiter)) return;
    } catch (const std::bad_alloc&) {  // it does not wait for the end of the pause then
    }
  }
  finish_migration(turn, waiter);
}

void Runtime::finish_migration(Turn& turn, const WaiterPtr& waiter) noexcept {
  serve_at_once(turn, waiter);
  waiter->migration->forget(*this);
  if (turn.any_ready()) serve(turn);
}

}  // namespace kevy
