// The longest single SET while an empty instance is filled, which a table that rehashes all at once
// would show. In time of the thread's own, so that another program on the machine does not count;
// by the clock for comparison.
// Usage: longest_set [keys]. Prints rows; see README.md.
#include <kevy.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "measure.h"
#include "workload.h"

namespace {

int64_t thread_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr double kGoalNs = 1e6;
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000'000;
  kevy_instance* db;
  if (kevy_start(nullptr, &db) != KEVY_OK) return 1;
  int64_t longest_own = 0, longest_wall = 0;
  for (long i = 0; i < count; ++i) {
    const bench::KeyText key = bench::key_text(static_cast<uint64_t>(i));
    const int64_t wall = bench::now_ns(), own = thread_ns();
    kevy_set(db, key.data(), key.size(), bench::kValue.data(), bench::kValue.size(), 0);
    longest_own = std::max(longest_own, thread_ns() - own);
    longest_wall = std::max(longest_wall, bench::now_ns() - wall);
    if (i % 1'000'000 == 999'999) std::fprintf(stderr, "  %ld million keys\n", (i + 1) / 1'000'000);
  }
  kevy_stop(db);
  const std::string name = "longest SET while filling " + std::to_string(count) + " keys";
  bench::print_row(name, "kevy, by the clock", static_cast<double>(longest_wall), "ns");
  bench::print_goal(name, "kevy", static_cast<double>(longest_own), "ns", "1 millisecond",
                    static_cast<double>(longest_own) / kGoalNs, 1.0);
}
