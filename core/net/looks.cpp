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

void Looks::settle() noexcept {
  constexpr std::chrono::milliseconds kMost{100};
  waiting_.fetch_add(1, std::memory_order_seq_cst);
  const bool goes = !ended_.load(std::memory_order_seq_cst) &&
                    done(given_up_.load(std::memory_order_relaxed), nullptr);
  if (const uint64_t round = goes ? ask(nullptr) : 0; round != 0) {
    const auto over = [&] {
      return ended_.load(std::memory_order_relaxed) || done(round, nullptr);
    };
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, kMost, over);
    if (!over()) given_up_.store(round, std::memory_order_relaxed);
  }
  const bool last = waiting_.fetch_sub(1, std::memory_order_seq_cst) == 1;
  if (!last || !ended_.load(std::memory_order_seq_cst)) return;
  std::lock_guard guard(mutex_);
  told_.notify_all();
}

void Looks::tell() noexcept {
  for (const auto& reactor : reactors_) reactor->looks_done();
  if (waiting_.load(std::memory_order_seq_cst) == 0) return;
  std::lock_guard guard(mutex_);
  told_.notify_all();
}

void Looks::end() noexcept {
  ended_.store(true, std::memory_order_seq_cst);
  std::unique_lock lock(mutex_);
  told_.notify_all();
  told_.wait(lock, [&] { return waiting_.load(std::memory_order_seq_cst) == 0; });
}

}  // namespace kevy
