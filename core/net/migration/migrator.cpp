#include "net/migration/migrator.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <new>
#include <utility>

#include "base/clock.h"
#include "base/thread.h"
#include "runtime/runtime.h"

namespace kevy {

namespace {

constexpr int64_t kKeptUs = 10'000'000;
constexpr size_t kKeptMax = 64;

}  // namespace

Status Migrator::start() {
  std::lock_guard guard(mutex_);
  if (stopping_) return Error{Error::Kind::kState, "the instance is being stopped"};
  if (thread_.joinable()) return Done{};
  if (event_ == nullptr) {
    auto made = std::make_unique<EventDescriptor>();
    if (made->get() < 0) {
      return Error{Error::Kind::kSystem, "no descriptor could be had", errno};
    }
    event_ = std::move(made);
  }
  polled_.reserve(1);  // for the event, also when there is no memory for more
  thread_ = start_thread([this] { run(); });
  if (!thread_.joinable()) return Error{Error::Kind::kSystem, "no thread could be started", errno};
  return Done{};
}

void Migrator::begin(const WaiterPtr& waiter) {
  std::list<Conversation> one;
  one.emplace_back(waiter);
  std::lock_guard guard(mutex_);
  if (stopping_) throw std::bad_alloc();  // nobody wants the answer any more
  begun_.splice(begun_.end(), one);
  event_->signal();
}

void Migrator::look() noexcept {
  std::lock_guard guard(mutex_);
  if (event_ != nullptr) event_->signal();
}

void Migrator::stop() noexcept {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  std::thread ending = std::move(thread_);
  if (event_ != nullptr) event_->signal();
  lock.unlock();
  if (ending.joinable()) ending.join();
}

void Migrator::run() noexcept {
  while (take_begun()) {
    wait();
    end_what_is_over();
    drop_old();
  }
  end_all();
  kept_.clear();
}

// False when the thread is to end.
bool Migrator::take_begun() noexcept {
  std::list<Conversation> begun;
  {
    std::lock_guard guard(mutex_);
    begun.swap(begun_);
    if (stopping_) {
      running_.splice(running_.end(), begun);
      return false;
    }
  }
  try {
    polled_.reserve(1 + running_.size() + begun.size());
  } catch (const std::bad_alloc&) {
    for (Conversation& conversation : begun) conversation.give_up();
  }
  running_.splice(running_.end(), begun);
  begin_idle();
  end_what_is_over();
  return true;
}

// What a crash could take back is not sent. That some wait for the disk is said before it is looked at:
// whoever moves it later sees that.
void Migrator::begin_idle() noexcept {
  awaits_disk_.store(true, std::memory_order_seq_cst);
  bool any_waits = false;
  for (Conversation& conversation : running_) {
    if (!conversation.idle() || conversation.waiter()->over()) continue;
    if (runtime_.shows_too_much(conversation.migration().fence)) {
      any_waits = true;
    } else {
      begin(conversation);
    }
  }
  if (!any_waits) awaits_disk_.store(false, std::memory_order_relaxed);
}

void Migrator::begin(Conversation& conversation) noexcept {
  try {
    conversation.begin(take_kept(conversation.migration()), Clock::monotonic_us());
  } catch (const std::bad_alloc&) {
    conversation.give_up();
  }
}

// Until something can be done or some time is over. There is room for all in polled_.
void Migrator::wait() noexcept {
  polled_.clear();
  polled_.push_back({event_->get(), POLLIN, 0});
  int64_t next_us = kept_.empty() ? INT64_MAX : kept_.front().until_us;
  for (const Conversation& conversation : running_) {
    polled_.push_back({conversation.descriptor(), conversation.wanted(), 0});
    next_us = std::min(next_us, conversation.deadline_us());
  }
  int timeout_ms = -1;
  if (next_us != INT64_MAX) {
    const int64_t left_us = std::max(next_us - Clock::monotonic_us(), int64_t{0});
    timeout_ms = static_cast<int>(std::min(left_us / 1000 + 1, int64_t{INT_MAX}));
  }
  if (poll(polled_.data(), polled_.size(), timeout_ms) < 0) {
    for (pollfd& one : polled_) one.revents = 0;
  }
  if (polled_[0].revents != 0) event_->clear();
  size_t i = 1;
  for (Conversation& conversation : running_) go_on(conversation, polled_[i++].revents);
}

void Migrator::go_on(Conversation& conversation, int events) noexcept {
  try {
    conversation.go_on(events, Clock::monotonic_us());
  } catch (const std::bad_alloc&) {
    conversation.give_up();
  }
}

// What nobody waits for any more is over too.
void Migrator::end_what_is_over() noexcept {
  for (auto at = running_.begin(); at != running_.end();) {
    Conversation& conversation = *at;
    if (!conversation.over() && !conversation.waiter()->over()) {
      ++at;
      continue;
    }
    if (conversation.over()) keep(conversation);
    conversation.give_up();
    runtime_.end_migration(conversation.waiter());
    at = running_.erase(at);
  }
}

void Migrator::end_all() noexcept {
  for (Conversation& conversation : running_) {
    conversation.give_up();
    runtime_.end_migration(conversation.waiter());
  }
  running_.clear();
}

void Migrator::keep(Conversation& conversation) noexcept {
  Socket socket = conversation.take_socket();
  if (!socket) return;
  const Migration& migration = conversation.migration();
  try {
    kept_.push_back({migration.host, migration.login, migration.port,
                     Clock::monotonic_us() + kKeptUs, std::move(socket)});
  } catch (const std::bad_alloc&) {
    return;  // it is closed
  }
  if (kept_.size() > kKeptMax) kept_.pop_front();
}

// One that is still open, and over which nothing has come that nobody asked for.
Socket Migrator::take_kept(const Migration& migration) noexcept {
  for (auto at = kept_.begin(); at != kept_.end(); ++at) {
    if (at->host != migration.host || at->port != migration.port || at->login != migration.login) {
      continue;
    }
    Socket taken = std::move(at->socket);
    kept_.erase(at);
    char byte;
    const ssize_t waiting = recv(taken.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (waiting >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) taken = {};
    return taken;
  }
  return {};
}

void Migrator::drop_old() noexcept {
  const int64_t now_us = Clock::monotonic_us();
  while (!kept_.empty() && kept_.front().until_us <= now_us) kept_.pop_front();
}

}  // namespace kevy
