// The longest single SET while an empty instance is filled, which a table that rehashes all at once
// would show. In time of the thread's own, so that another program on the machine does not count;
// beside the longest of as many bare allocations, each written to once, which is what the kernel's
// handing out of memory takes. Medians of three fills.
// Usage: longest_set [keys]. Prints rows; see README.md.
#include <kevy.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "measure.h"
#include "workload.h"

namespace {

constexpr int kFills = 3;
constexpr double kGoalNs = 1e6;
constexpr size_t kBlockBytes = 64;  // about what a key takes

int64_t thread_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

/// The longest of `count` calls of `step`, in nanoseconds.
template <typename Step>
double longest(long count, Step&& step) {
  int64_t longest_ns = 0;
  for (long i = 0; i < count; ++i) {
    const int64_t begin = thread_ns();
    step(i);
    longest_ns = std::max(longest_ns, thread_ns() - begin);
  }
  return static_cast<double>(longest_ns);
}

double longest_allocation(long count) {
  std::vector<char*> blocks(static_cast<size_t>(count));
  const double result = longest(count, [&](long i) {
    auto* block = static_cast<char*>(std::malloc(kBlockBytes));
    *static_cast<volatile char*>(block) = 1;
    blocks[static_cast<size_t>(i)] = block;
  });
  for (char* block : blocks) std::free(block);
  return result;
}

double longest_set(long count) {
  kevy_instance* db;
  if (kevy_start(nullptr, &db) != KEVY_OK) std::abort();
  const double result = longest(count, [&](long i) {
    const bench::KeyText key = bench::key_text(static_cast<uint64_t>(i));
    kevy_set(db, key.data(), key.size(), bench::kValue.data(), bench::kValue.size(), 0);
  });
  kevy_stop(db);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000'000;
  std::vector<double> allocations, sets;
  for (int fill = 0; fill < kFills; ++fill) {
    std::fprintf(stderr, "  fill %d of %d, %ld keys\n", fill + 1, kFills, count);
    allocations.push_back(longest_allocation(count));
    sets.push_back(longest_set(count));
  }
  const std::string name = "longest SET while filling " + std::to_string(count) + " keys";
  bench::print_row(name, "bare allocation", bench::median(allocations), "ns");
  bench::print_goal(name, "kevy", bench::median(sets), "ns", "1 millisecond",
                    bench::median(sets) / kGoalNs, 1.0);
}
