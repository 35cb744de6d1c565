#include "net/looks.h"

#include <algorithm>
#include <chrono>

#include "net/reactor.h"

namespace kevy {

uint64_t Looks::ask(const Reactor* asking) noexcept {
  const bool quiet = std::all_of(reactors_.begin(), reactors_.end(), [&](const auto& reactor) {
    return reactor.get() == asking || reactor->quiet();
  });
  if (quiet) return 0;
  const uint64_t round = asked_.fetch_add(1, std::memory_order_seq_cst) + 1;
  for (const auto& reactor : reactors_) {
    if (reactor.get() != asking) reactor->look();
  }
  return round;
}

bool Looks::done(uint64_t round, const Reactor* asking) const noexcept {
  return std::all_of(reactors_.begin(), reactors_.end(), [&](const auto& reactor) {
    return reactor.get() == asking || reactor->looked() >= round;
  });
}

void Looks::wait(uint64_t round) noexcept {
  constexpr std::chrono::milliseconds kMost{100};
  std::unique_lock lock(mutex_);
  waiting_.fetch_add(1, std::memory_order_seq_cst);
  told_.wait_for(lock, kMost, [&] { return ended_ || done(round, nullptr); });
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  if (ended_) told_.notify_all();
}

void Looks::end() noexcept {
  std::unique_lock lock(mutex_);
  ended_ = true;
  told_.notify_all();
  told_.wait(lock, [&] { return waiting_.load(std::memory_order_relaxed) == 0; });
}

void Looks::tell() noexcept {
  for (const auto& reactor : reactors_) reactor->looks_done();
  if (waiting_.load(std::memory_order_seq_cst) == 0) return;
  std::lock_guard guard(mutex_);
  told_.notify_all();
}

}  // namespace kevy
