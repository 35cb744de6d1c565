// Measuring: threads that start together, rounds in which every side has its turn, medians, and
// the rows that bench/run.py collects (see README.md).
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// How long `threads` threads take for body(thread number), in nanoseconds from their common start
/// until the last one is done.
template <typename Body>
double elapsed_ns(unsigned threads, Body&& body) {
  if (threads == 1) {
    const int64_t begin = now_ns();
    body(0u);
    return static_cast<double>(now_ns() - begin);
  }
  std::atomic<unsigned> waiting{0};
  std::atomic<int64_t> begin{0};
  std::atomic<int64_t> end{0};
  std::vector<std::thread> running;
  for (unsigned thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      if (waiting.fetch_add(1) + 1 == threads) begin.store(now_ns());
      while (begin.load(std::memory_order_acquire) == 0) __builtin_ia32_pause();
      body(thread);
      int64_t mine = now_ns(), last = end.load();
      while (last < mine && !end.compare_exchange_weak(last, mine)) {
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  return static_cast<double>(end.load() - begin.load());
}

/// One side of a comparison: measures one round and gives nanoseconds per operation.
struct Side {
  std::string name;
  std::function<double()> round;
  std::vector<double> rounds = {};

  double ns() const { return median(rounds); }
  /// The median of the rounds' own ratios: what disturbs a whole round disturbs both sides of it.
  double ratio_to(const Side& other) const {
    std::vector<double> ratios;
    for (size_t i = 0; i < rounds.size(); ++i) ratios.push_back(rounds[i] / other.rounds[i]);
    return median(std::move(ratios));
  }
};

/// Gives every side its turn, `count` times over, after one round that is not counted.
inline void run_rounds(std::vector<Side>& sides, int count) {
  for (int round = -1; round < count; ++round) {
    for (Side& side : sides) {
      const double ns = side.round();
      if (round >= 0) side.rounds.push_back(ns);
    }
  }
}

/// A measurement by itself.
inline void print_row(std::string_view name, std::string_view side, double value,
                      const char* unit) {
  std::printf("{\"name\": \"%.*s\", \"side\": \"%.*s\", \"value\": %.1f, \"unit\": \"%s\"}\n",
              static_cast<int>(name.size()), name.data(), static_cast<int>(side.size()),
              side.data(), value, unit);
  std::fflush(stdout);
}

/// A measurement that has to be at most `goal` times what it is compared with.
inline void print_goal(std::string_view name, std::string_view side, double value,
                       const char* unit, std::string_view against, double ratio, double goal) {
  std::printf(
      "{\"name\": \"%.*s\", \"side\": \"%.*s\", \"value\": %.1f, \"unit\": \"%s\", "
      "\"against\": \"%.*s\", \"ratio\": %.3f, \"goal\": %g}\n",
      static_cast<int>(name.size()), name.data(), static_cast<int>(side.size()), side.data(),
      value, unit, static_cast<int>(against.size()), against.data(), ratio, goal);
  std::fflush(stdout);
}

}  // namespace bench
