// The longest single call of many, each made once in every one of some fills.
//
// What a call does by itself, like rebuilding a table, it does in each fill; a page that the host
// of a virtual machine has to find, or another program, holds up now this one and now that. So a
// call's time is the least of its times in all fills. The longest of any fill is told as well,
// beside that of as many bare allocations. Times are those of the thread alone, or by the wall
// clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "measure.h"

namespace bench {

inline int64_t thread_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

class Longest {
 public:
  explicit Longest(long count)
      : own_(static_cast<size_t>(count), UINT32_MAX), wall_(own_.size(), UINT32_MAX) {}

  /// One fill: a call of step(i) for each i below the count.
  template <typename Step>
  void fill(Step&& step) {
    for (size_t i = 0; i < own_.size(); ++i) {
      const int64_t wall_begin = now_ns(), begin = thread_ns();
      step(static_cast<long>(i));
      note(own_[i], thread_ns() - begin, longest_own_);
      note(wall_[i], now_ns() - wall_begin, longest_wall_);
    }
  }

  double own_ns() const { return *std::max_element(own_.begin(), own_.end()); }
  double wall_ns() const { return *std::max_element(wall_.begin(), wall_.end()); }
  double own_ns_of_any_fill() const { return longest_own_; }
  double wall_ns_of_any_fill() const { return longest_wall_; }

 private:
  static void note(uint32_t& least, int64_t ns, uint32_t& longest) {
    const auto now = static_cast<uint32_t>(std::min<int64_t>(ns, UINT32_MAX));
    least = std::min(least, now);
    longest = std::max(longest, now);
  }

  std::vector<uint32_t> own_, wall_;  // the least of each call
  uint32_t longest_own_ = 0, longest_wall_ = 0;
};

/// Each written to once.
inline void fill_bare(Longest& longest, long count, size_t bytes) {
  std::vector<char*> blocks(static_cast<size_t>(count));
  longest.fill([&](long i) {
    auto* block = static_cast<char*>(std::malloc(bytes));
    *static_cast<volatile char*>(block) = 1;
    blocks[static_cast<size_t>(i)] = block;
  });
  for (char* block : blocks) std::free(block);
}

/// The rows: against a millisecond.
inline void print_longest(const std::string& name, const Longest& bare, const Longest& kevy) {
  constexpr double kGoalNs = 1e6;
  print_row(name, "bare allocation, any fill", bare.own_ns_of_any_fill(), "ns");
  print_row(name, "any fill", kevy.own_ns_of_any_fill(), "ns");
  print_row(name, "any fill, wall clock", kevy.wall_ns_of_any_fill(), "ns");
  print_row(name, "wall clock", kevy.wall_ns(), "ns");
  print_goal(name, "kevy", kevy.own_ns(), "ns", "1 millisecond", kevy.own_ns() / kGoalNs, 1.0);
}

}  // namespace bench
