#include "net/reactor.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "base/c_locale.h"
#include "base/event_descriptor.h"
#include "base/thread.h"

namespace kevy {

namespace {

constexpr size_t kTogetherMax = 16;  // connections whose commands are run in one turn
constexpr int kSilenceTickMs = 1000;
constexpr int kSoonTickMs = 100;

Error failed(const char* what) {
  const int code = errno;
  return {Error::Kind::kSystem, std::string(what) + ": " + error_text(code), code};
}

}  // namespace

/// The descriptor that ends the reactor's sleep.
class Reactor::WakeUp final : public Pollable {
 public:
  int get() const noexcept { return event_.get(); }
  void send() noexcept { event_.signal(); }
  void on_ready(uint32_t) override { event_.clear(); }

 private:
  EventDescriptor event_;
};

thread_local Reactor* Reactor::own_ = nullptr;

Reactor::Reactor(Runtime& runtime, Looks& looks) : runtime_(runtime), looks_(looks) {}

Reactor::~Reactor() { stop(); }

Status Reactor::start() {
  epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return failed("epoll_create1");
  wake_up_ = std::make_unique<WakeUp>();
  if (wake_up_->get() < 0) return failed("eventfd");
  if (!add(wake_up_->get(), EPOLLIN, *wake_up_)) return failed("epoll_ctl");
  thread_ = start_thread([this] { run(); });
  if (!thread_.joinable()) return Error{Error::Kind::kSystem, "no thread could be started", errno};
  return Done{};
}

void Reactor::stop() {
  stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) {
    wake_up_->send();
    thread_.join();
  }
  connections_.clear();
  arrivals_.clear();
}

bool Reactor::control(int operation, int descriptor, uint32_t events, Pollable& pollable) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &pollable;
  return epoll_ctl(epoll_.get(), operation, descriptor, &event) == 0;
}

bool Reactor::add(int descriptor, uint32_t events, Pollable& pollable) noexcept {
  return control(EPOLL_CTL_ADD, descriptor, events, pollable);
}

bool Reactor::watch(int descriptor, uint32_t events, Pollable& pollable) noexcept {
  return control(EPOLL_CTL_MOD, descriptor, events, pollable);
}

void Reactor::rest(Pollable& pollable) noexcept {
  tick_soon_ = true;
  if (std::exchange(pollable.rests, true)) return;
  pollable.next_resting = std::exchange(resting_, &pollable);
}

void Reactor::remove_resting(Pollable& pollable) noexcept {
  if (!std::exchange(pollable.rests, false)) return;
  Pollable** link = &resting_;
  while (*link != &pollable) link = &(*link)->next_resting;
  *link = pollable.next_resting;
}

void Reactor::resume_resting() noexcept {
  for (Pollable* one = std::exchange(resting_, nullptr); one != nullptr;) {
    Pollable& rested = *std::exchange(one, one->next_resting);
    rested.rests = false;
    rested.on_rested();
  }
}

void Reactor::forget(int descriptor, Pollable& pollable) noexcept {
  Departure departure{descriptor, &pollable};
  {
    std::lock_guard guard(inbox_lock_);
    if (ended_) return;
    departure.next = std::exchange(departures_, &departure);
  }
  signal();
  std::unique_lock lock(departed_mutex_);
  departed_.wait(lock, [&] { return departure.done; });
}

void Reactor::take_departures() {
  Departure* departing;
  {
    std::lock_guard guard(inbox_lock_);
    departing = std::exchange(departures_, nullptr);
  }
  while (departing != nullptr) {
    Departure& one = *std::exchange(departing, departing->next);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, one.descriptor, nullptr);
    remove_resting(*one.pollable);
    std::lock_guard guard(departed_mutex_);
    one.done = true;
    departed_.notify_all();  // with the mutex: `one` is gone when its owner sees that it is done
  }
}

void Reactor::adopt(Socket socket, Session::Door door, SessionStart start) {
  {
    std::lock_guard guard(inbox_lock_);
    arrivals_.push_back({std::move(socket), door, std::move(start)});
    load_.fetch_add(1, std::memory_order_relaxed);
  }
  signal();
}

void Reactor::wake(Connection& connection) noexcept {
  {
    std::lock_guard guard(inbox_lock_);
    if (connection.woken || connection.closed) return;
    connection.woken = true;
    woken_.push_back(&connection);
    any_woken_.store(true, std::memory_order_relaxed);
  }
  signal();
}

void Reactor::signal() noexcept {
  if (sleeping_.exchange(false, std::memory_order_seq_cst)) wake_up_->send();
}

bool Reactor::inbox_empty() {
  std::lock_guard guard(inbox_lock_);
  return arrivals_.empty() && woken_.empty() && departures_ == nullptr;
}

void Reactor::run() {
  own_ = this;
  while (!stopping_.load(std::memory_order_acquire)) {
    begin_look();
    const size_t events = wait();
    if (may_publish()) [[unlikely]]
      run_deferred();  // what waited for a shard came before that
    run_publishing();
    const bool changed = settings_changed_.exchange(false, std::memory_order_acquire);
    if (changed) runtime_.evict_clients();
    take_departures();
    finish_now_.swap(finish_next_);  // those that are woken come before them
    take_inbox();
    finish(finish_now_);
    look_at_disk();
    run_deferred();
    tick(changed);
    closed_.clear();
    end_look(events);
  }
  {
    std::lock_guard guard(inbox_lock_);
    ended_ = true;
  }
  take_departures();
  note_looked(UINT64_MAX);
}

// Sleeps until something comes, and looks at it; how many events it was.
size_t Reactor::wait() {
  epoll_event events[kEventsMax];
  sleeping_.store(true, std::memory_order_seq_cst);  // what comes from here on sends a wake-up
  const bool idle = deferred_.empty() && finish_next_.empty() && inbox_empty() &&
                    !disk_moved_.load(std::memory_order_seq_cst) &&
                    !settings_changed_.load(std::memory_order_seq_cst) &&
                    looks_.asked() == looked() && !may_publish();
  const int timeout = idle ? timeout_ms() : 0;
  idle_.store(idle, std::memory_order_seq_cst);
  const int count = epoll_wait(epoll_.get(), events, static_cast<int>(kEventsMax), timeout);
  idle_.store(false, std::memory_order_seq_cst);
  sleeping_.store(false, std::memory_order_relaxed);
  for (int i = 0; i < count; ++i) {
    static_cast<Pollable*>(events[i].data.ptr)->on_ready(events[i].events);
  }
  return static_cast<size_t>(std::max(count, 0));
}

// Called in the midst of a round: what that goes through (running_) is left as it is.
void Reactor::serve_others() noexcept {
  struct Within {
    bool& flag;
    ~Within() { flag = false; }
  } const within{serves_others_};
  serves_others_ = true;
  finish(finish_now_);
  finish(finish_next_);
  epoll_event events[kEventsMax];
  const int count = epoll_wait(epoll_.get(), events, static_cast<int>(kEventsMax), 0);
  for (int i = 0; i < count; ++i) {
    static_cast<Pollable*>(events[i].data.ptr)->on_ready(events[i].events);
  }
  std::vector<Arrival> arrivals;
  {
    std::lock_guard guard(inbox_lock_);
    const size_t needed = closed_.size() + connections_.size() + arrivals_.size();
    if (needed <= running_.capacity()) arrivals.swap(arrivals_);
  }
  admit_all(arrivals);
}

int Reactor::timeout_ms() {
  if (tick_soon_) return kSoonTickMs;
  const bool silence = runtime_.settings().timeout_s.load(std::memory_order_relaxed) != 0;
  return silence && !connections_.empty() ? kSilenceTickMs : -1;
}

void Reactor::take_inbox() {
  std::vector<Arrival> arrivals;
  {
    std::lock_guard guard(inbox_lock_);
    arrivals.swap(arrivals_);
    running_.assign(woken_.begin(), woken_.end());
    woken_.clear();
    any_woken_.store(false, std::memory_order_relaxed);
    for (Connection* connection : running_) connection->woken = false;
  }
  for (Connection* connection : running_) {
    if (!connection->closed) connection->proceed();
  }
  admit_all(arrivals);
}

void Reactor::admit_all(std::span<Arrival> arrivals) noexcept {
  for (Arrival& arrival : arrivals) {
    try {
      admit(std::move(arrival));
    } catch (const std::bad_alloc&) {
      load_.fetch_sub(1, std::memory_order_relaxed);
    }
  }
}

// For one more connection in all that a connection may be put into, be it in the middle of a round.
// A part may be larger than the others when there was no memory for all of them.
void Reactor::make_room() {
  const size_t needed = closed_.size() + connections_.size() + 1;
  const auto reserve = [needed](auto& those) {
    if (those.capacity() < needed) those.reserve(std::max<size_t>(16, needed * 2));
  };
  reserve(connections_);
  reserve(closed_);
  reserve(deferred_);
  reserve(finish_next_);
  reserve(finish_now_);
  reserve(awaiting_disk_);
  reserve(running_);
  std::lock_guard guard(inbox_lock_);
  reserve(woken_);
}

void Reactor::admit(Arrival arrival) {
  make_room();
  auto made = std::make_unique<Connection>(*this, runtime_, std::move(arrival.socket), arrival.door,
                                           arrival.start);
  Connection& connection = *made;
  connection.index = connections_.size();
  connections_.push_back(std::move(made));
  admitted_ = true;
  if (!add(connection.descriptor(), EPOLLIN, connection)) close(connection);
}

void Reactor::disk_moved() noexcept {
  if (!awaits_disk_.load(std::memory_order_seq_cst)) return;
  disk_moved_.store(true, std::memory_order_seq_cst);
  signal();
}

// That one waits is said before the disk is looked at once more: whoever moves it later sees that.
void Reactor::await_disk(Connection& connection) noexcept {
  if (connection.awaits_disk) return;
  connection.awaits_disk = true;
  awaiting_disk_.push_back(&connection);
  awaits_disk_.store(true, std::memory_order_seq_cst);
  disk_moved_.store(true, std::memory_order_seq_cst);
}

// One that is done may be closed, or await the disk again, behind the others.
void Reactor::look_at_disk() {
  if (!disk_moved_.load(std::memory_order_relaxed)) [[likely]]
    return;
  disk_moved_.store(false, std::memory_order_seq_cst);
  for (size_t i = awaiting_disk_.size(); i-- > 0;) {
    if (i >= awaiting_disk_.size()) continue;  // some were closed
    Connection& connection = *awaiting_disk_[i];
    if (connection.still_awaits_disk()) continue;
    awaiting_disk_[i] = awaiting_disk_.back();
    awaiting_disk_.pop_back();
    connection.disk_moved();
  }
  if (awaiting_disk_.empty()) awaits_disk_.store(false, std::memory_order_seq_cst);
}

void Reactor::defer(Connection& connection) noexcept {
  if (connection.deferred) return;
  connection.deferred = true;
  deferred_.push_back(&connection);
}

void Reactor::finish_later(Connection& connection) noexcept {
  if (std::exchange(connection.finishes_later, true)) return;
  finish_next_.push_back(&connection);
}

void Reactor::finish(std::vector<Connection*>& those) {
  while (!those.empty()) {
    Connection& connection = *those.back();
    those.pop_back();
    connection.finishes_later = false;
    connection.finish();
  }
}

void Reactor::run_deferred() {
  if (deferred_.empty()) return;
  running_.swap(deferred_);
  deferred_.clear();
  std::span<Connection* const> left = running_;
  while (!left.empty()) {
    if (left.front()->awaits_turn) {
      left = left.subspan(run_together(left));
      continue;
    }
    Connection& connection = *left.front();
    left = left.subspan(1);
    connection.deferred = false;
    if (!connection.closed) connection.proceed();
  }
}

// Runs the first of those that wait for what another reactor had, in one turn: so shards that two
// reactors want pass between them once for many connections. Returns how many.
size_t Reactor::run_together(std::span<Connection* const> waiting) {
  size_t count = 0;
  {
    Turn turn(runtime_);
    for (; count != std::min(waiting.size(), kTogetherMax) && waiting[count]->awaits_turn;
         ++count) {
      Connection& connection = *waiting[count];
      connection.deferred = false;
      if (!connection.closed) connection.run_in(turn);
    }
  }
  for (Connection* connection : waiting.first(count)) {
    if (!connection->closed) connection->finish();
  }
  return count;
}

// Closes connections that were silent or over their limit for too long; looks at them at once when
// the settings have changed.
void Reactor::tick(bool at_once) {
  if (!at_once && timeout_ms() < 0) return;
  const int64_t now_us = Clock::monotonic_us();
  if (!at_once && now_us - last_tick_us_ < int64_t{timeout_ms()} * 1000) return;
  last_tick_us_ = now_us;
  tick_soon_ = false;
  resume_resting();
  for (size_t i = connections_.size(); i-- > 0;) {  // closing moves the last one to i
    Connection& connection = *connections_[i];
    connection.check_time(now_us);
    if (!connection.closed && connection.over_soft_limit()) tick_soon_ = true;
  }
}

void Reactor::close(Connection& connection) noexcept {
  if (connection.closed) return;
  connection.abandon();
  {
    std::lock_guard guard(inbox_lock_);
    connection.closed = true;
    if (connection.woken) std::erase(woken_, &connection);
  }
  if (connection.deferred) std::erase(deferred_, &connection);
  if (connection.finishes_later) {
    std::erase(finish_next_, &connection);
    std::erase(finish_now_, &connection);
  }
  if (connection.awaits_disk) std::erase(awaiting_disk_, &connection);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.descriptor(), nullptr);
  std::unique_ptr<Connection>& place = connections_[connection.index];
  closed_.push_back(std::move(place));
  if (connection.index + 1 != connections_.size()) {
    place = std::move(connections_.back());
    place->index = connection.index;
  }
  connections_.pop_back();
  load_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace kevy
