// Commands that are observed: measured, and shown to who watches all of them.
#include <mutex>
#include <new>
#include <string>

#include "runtime/dispatch/call.h"
#include "runtime/observing/observer.h"
#include "runtime/session/loads_files.h"

namespace kevy {

namespace {

// Those that run others show themselves before these.
bool comes_before_its_parts(const CommandRow& row) noexcept {
  return row.has(kSkipMonitor) && !row.has(kQueuedShards);
}

}  // namespace

// What begins to wait is noted when it is served, or its time is up (waiting.cpp).
void Runtime::run_observed(Call& call) {
  if (!observes()) [[likely]] {
    const uint64_t begin = ticks_now();
    call.run();
    const uint64_t ticks = ticks_now() - begin;
    if (ticks >= kFewTicks && !call.suspended_) note_duration(call, ticks);
    return;
  }
  // A monitor that was ended from outside is missed here first.
  if (pubsub_.monitors() == 0 && !observer_->measures_all()) update_observing();
  const bool before = comes_before_its_parts(call.row);
  if (before) show_monitors(call, false);
  const size_t written = call.reply.written();
  const uint64_t begin = ticks_now();
  call.run();
  if (!call.suspended_) {
    note_duration(call, ticks_now() - begin);
    const int64_t now_s = clock_.now_us() / 1'000'000;
    observer_->note_request(call.session, call.row, call.args, now_s, true);
    observer_->note_reply(call.session, call.row, call.args, call.reply.written() - written, now_s,
                          true);
  }
  if (!before) show_monitors(call, false);
}

// A script's command is its client's.
void Runtime::run_observed_nested(Call& call, Call& outer) {
  const uint64_t begin = ticks_now();
  call.run();
  const uint64_t ticks = ticks_now() - begin;
  if (ticks < kFewTicks && !observes()) [[likely]]
    return;
  const int64_t now_s = clock_.now_us() / 1'000'000;
  observer_->note_duration(outer.session, call.row, call.args, ticks, now_s);
  show_monitors(call, true);
}

void Runtime::note_duration(const Call& call, uint64_t ticks) noexcept {
  observer_->note_duration(call.session, call.row, call.args, ticks, clock_.now_us() / 1'000'000);
}

void Runtime::note_large_request(const Session& session, Args args) noexcept {
  const CommandRow* const row = table_.find(args);
  if (row == nullptr) return;
  observer_->note_request(session, *row, args, clock_.now_us() / 1'000'000, false);
}

void Runtime::note_large_reply(const Session& session, Args args, size_t bytes) noexcept {
  const CommandRow* const row = table_.find(args);
  if (row == nullptr) return;
  observer_->note_reply(session, *row, args, bytes, clock_.now_us() / 1'000'000, false);
}

void Runtime::show_monitors(Call& call, bool from_script) noexcept {
  if (pubsub_.monitors() == 0 || call.row.has(kAdmin)) return;
  if (loads_files(*this, call.session)) return;  // what is loaded was seen once
  try {
    const std::string line =
        monitor_line(call.session, from_script, call.row, call.args, clock_.now_us());
    call.turn.hold_pubsub(call.publisher()).show_monitors(line);
  } catch (const std::bad_alloc&) {  // a stream with a gap is none
    call.turn.hold_pubsub(call.publisher()).end_monitors();
  }
}

void Runtime::add_monitor(Call& call) {
  call.pubsub().add_monitor(call.session);
  update_observing();
}

void Runtime::remove_monitor(Turn& turn, Subscriber* publisher, Session& session) noexcept {
  if (!session.monitors.load(std::memory_order_relaxed)) return;
  turn.hold_pubsub(publisher).remove_monitor(session);
  update_observing();
}

// Whoever has changed what this follows from calls it afterwards. Each sees its own change and all
// that were told before, so that the last one leaves what is right.
void Runtime::update_observing() noexcept {
  std::lock_guard guard(observing_lock_);
  const bool observed = observer_->measures_all() || pubsub_.monitors() != 0;
  if (observed) {
    unusual_.fetch_or(kObserved, std::memory_order_relaxed);
  } else {
    unusual_.fetch_and(static_cast<uint8_t>(~kObserved), std::memory_order_relaxed);
  }
}

}  // namespace kevy
