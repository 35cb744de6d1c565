// The rounds of looks that a reactor goes through, and the commands of its connections that wait
// for those of the others (looks.h).
#include <poll.h>

#include <algorithm>
#include <utility>

#include "net/reactor.h"

namespace kevy {

// A new round of looks begins when the one before is over, so that each ends.
void Reactor::begin_look() noexcept {
  if (round_ != looked()) return;
  round_ = looks_.asked();
  constexpr size_t kNoConnections = 64;  // the wake-up, and listeners
  look_left_ = connections_.size() + kNoConnections;
  look_admits_ = true;
}

// The kernel goes through what is ready in turn: what had come when the round began has been shown
// when no more is ready than it shows at once, or when it has shown as many as there are. A
// connection that was admitted behind that is looked at in the next turn of the loop.
void Reactor::end_look(size_t events) noexcept {
  const bool admitted = std::exchange(admitted_, false);
  if (round_ == looked()) [[likely]]
    return;
  look_left_ -= std::min(look_left_, events);
  const bool again = std::exchange(look_admits_, false) && admitted;
  if (!again && (events < kEventsMax || look_left_ == 0)) note_looked(round_);
}

void Reactor::note_looked(uint64_t round) noexcept {
  looked_.store(round, std::memory_order_seq_cst);
  looks_.tell();
}

// What was read before poll() found nothing has been run when the reactor is idle after that.
bool Reactor::quiet() const noexcept {
  if (load() == 0) return true;
  if (!idle_.load(std::memory_order_seq_cst)) return false;
  pollfd look{epoll_.get(), POLLIN, 0};
  return poll(&look, 1, 0) == 0 && idle_.load(std::memory_order_seq_cst);
}

// Those that were postponed while the others were being asked are asked for together after that.
bool Reactor::may_publish() const noexcept {
  return asked_for_.empty() ? !publishing_.empty() : looks_.done(awaited_, this);
}

// Behind all that this reactor's own round has brought.
void Reactor::run_publishing() noexcept {
  if (!may_publish()) [[likely]]
    return;
  const auto run = [this](std::vector<WaiterPtr>& those) {
    for (const WaiterPtr& waiter : those) runtime_.end_postponed(*waiter);
    those.clear();
  };
  run(asked_for_);
  awaits_looks_.store(!publishing_.empty(), std::memory_order_seq_cst);
  if (publishing_.empty()) return;
  awaited_ = looks_.ask(this);
  if (awaited_ == 0) {
    awaits_looks_.store(false, std::memory_order_relaxed);
    run(publishing_);
  } else {
    asked_for_.swap(publishing_);
  }
}

}  // namespace kevy
