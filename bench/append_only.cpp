// What SET in process costs with an append-only file, beside SET without one: nanoseconds of the
// calling threads' CPU time and of the clock, for kevy_set and kevy_exec, 1 and 2 threads,
// appendfsync no and everysec. The two take turns, and the median counts. Usage: append_only
// DIRECTORY [operations].
#include <kevy.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kRounds = 7;
constexpr size_t kKeys = 10000;

double now_ns(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

struct Cost {
  double cpu = 0;  // of the callers
  double all = 0;  // of the whole process
  double clock = 0;
};

class Store {
 public:
  Store(const std::string& directory, const char* fsync) {
    const char* directives[] = {"dir", directory.c_str(), "appendonly",
                                "yes", "appendfsync",     fsync};
    kevy_options options = KEVY_OPTIONS_INIT;
    options.directives = directives;
    options.directive_count = directory.empty() ? 0 : 3;
    if (kevy_start(&options, &db_) != KEVY_OK) {
      std::fprintf(stderr, "%s\n", kevy_last_error());
      std::exit(1);
    }
  }
  ~Store() { kevy_stop(db_); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void set(bool as_command, size_t thread, size_t i) const {
    char key[16] = "key:00:0000000";
    key[4] = static_cast<char>('0' + thread);
    for (size_t at = 13, left = i % kKeys; left != 0; left /= 10) {
      key[at--] = static_cast<char>('0' + left % 10);
    }
    static constexpr char kValue[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    if (!as_command) {
      kevy_set(db_, key, 14, kValue, 64, 0, 0);
      return;
    }
    const char* argv[] = {"SET", key, kValue};
    const size_t sizes[] = {3, 14, 64};
    kevy_reply* reply = nullptr;
    kevy_exec(db_, 3, argv, sizes, &reply);
    kevy_reply_free(reply);
  }

  Cost measure(bool as_command, size_t threads, size_t operations) const {
    std::vector<double> used(threads);
    std::vector<std::thread> running;
    const double begin = now_ns(CLOCK_MONOTONIC), all = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        const double before = now_ns(CLOCK_THREAD_CPUTIME_ID);
        for (size_t i = 0; i < operations; ++i) set(as_command, t, i * 7919);
        used[t] = now_ns(CLOCK_THREAD_CPUTIME_ID) - before;
      });
    }
    for (std::thread& thread : running) thread.join();
    const auto total = static_cast<double>(operations * threads);
    Cost cost;
    for (const double one : used) cost.cpu += one / total;
    cost.all = (now_ns(CLOCK_PROCESS_CPUTIME_ID) - all) / total;
    cost.clock = (now_ns(CLOCK_MONOTONIC) - begin) / static_cast<double>(operations);
    return cost;
  }

 private:
  kevy_instance* db_ = nullptr;
};

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

void compare(const Store& without, const Store& with, const char* fsync, bool as_command,
             size_t threads, size_t operations) {
  std::array<std::vector<double>, 6> costs;
  for (int round = 0; round < kRounds; ++round) {
    const Cost a = without.measure(as_command, threads, operations);
    const Cost b = with.measure(as_command, threads, operations);
    const double all[] = {a.cpu, b.cpu, a.all, b.all, a.clock, b.clock};
    for (size_t i = 0; i < costs.size(); ++i) costs[i].push_back(all[i]);
  }
  std::printf(
      "%-9s %-9s %zu thread(s): callers %6.1f -> %6.1f ns (%.2f), process %6.1f -> %6.1f, "
      "clock %6.1f -> %6.1f\n",
      as_command ? "kevy_exec" : "kevy_set", fsync, threads, median(costs[0]), median(costs[1]),
      median(costs[1]) / median(costs[0]), median(costs[2]), median(costs[3]), median(costs[4]),
      median(costs[5]));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: append_only DIRECTORY [operations]\n");
    return 1;
  }
  const size_t operations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 300'000;
  for (const char* fsync : {"no", "everysec"}) {
    const Store without("", "");
    const Store with(std::string(argv[1]) + "/" + fsync, fsync);
    for (const bool as_command : {false, true}) {
      for (const size_t threads : {1, 2}) {
        compare(without, with, fsync, as_command, threads, operations);
      }
    }
  }
  return 0;
}
