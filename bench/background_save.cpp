// What a SET in process waits while all keys are written in the background, and what memory that
// takes: the 99.99th percentile of SET, all over the keys, without BGSAVE and during it, and how much
// the process grows during one when nothing is written. With `elements` there are a hash, a set, a
// sorted set, a list and a stream of so many among the keys.
// Usage: background_save DIRECTORY [keys] [elements]. Prints rows; see README.md.
#include <kevy.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "measure.h"

namespace {

constexpr size_t kValueBytes = 64;
constexpr long kAtOnce = 1000;  // SETs between two looks at whether it is over

/// How many calls took how long, in steps of an eighth of a power of two.
class Times {
 public:
  void add(int64_t ns) {
    ++counts_[step_of(static_cast<uint64_t>(ns))];
    ++all_;
    longest_ = std::max(longest_, ns);
  }
  /// No more than `part` of all took longer.
  double at(double part) const {
    auto left = static_cast<uint64_t>(static_cast<double>(all_) * (1 - part));
    size_t step = std::size(counts_) - 1;
    for (; step != 0 && counts_[step] <= left; --step) left -= counts_[step];
    return static_cast<double>(end_of(step));
  }
  double longest() const { return static_cast<double>(longest_); }
  uint64_t all() const { return all_; }

 private:
  static size_t step_of(uint64_t ns) {
    if (ns < 8) return ns;
    const auto bits = static_cast<unsigned>(63 - __builtin_clzll(ns));
    return (bits - 2) * size_t{8} + (ns >> (bits - 3) & 7);
  }
  static uint64_t end_of(size_t step) {
    if (step < 8) return step + 1;
    return (8 + step % 8 + 1) << (step / 8 - 1);
  }

  uint64_t counts_[512] = {};
  uint64_t all_ = 0;
  int64_t longest_ = 0;
};

using Words = std::vector<std::string>;

class Store {
 public:
  Store(const char* directory, long keys) : keys_(keys) {
    const char* directives[] = {"dir", directory, "dbfilename", "background_save.rdb"};
    kevy_options options = KEVY_OPTIONS_INIT;
    options.directives = directives;
    options.directive_count = 2;
    if (kevy_start(&options, &db_) != KEVY_OK) {
      std::fprintf(stderr, "%s\n", kevy_last_error());
      std::exit(1);
    }
    for (long i = 0; i < keys; ++i) set(i, 'a');
  }
  ~Store() { kevy_stop(db_); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void set(long i, char with) const {
    char key[24];
    const int size = std::snprintf(key, sizeof key, "key:%012ld", i);
    char value[kValueBytes];
    std::memset(value, with, sizeof value);
    std::memcpy(value, key, static_cast<size_t>(size));
    kevy_set(db_, key, static_cast<size_t>(size), value, sizeof value, 0, 0);
  }
  /// Fills one collection of each kind, a hundred elements at a time.
  void fill_collections(long elements) const {
    constexpr long kOfOneCommand = 100;
    for (long first = 0; first < elements; first += kOfOneCommand) {
      Words hash{"HSET", "big:hash"}, set{"SADD", "big:set"}, sorted{"ZADD", "big:sorted set"};
      Words list{"RPUSH", "big:list"};
      for (long i = first; i < std::min(first + kOfOneCommand, elements); ++i) {
        const std::string number = std::to_string(i), element = "element:" + number;
        hash.insert(hash.end(), {element, "value:" + number});
        set.push_back(element);
        sorted.insert(sorted.end(), {number, element});
        list.push_back(element);
        run({"XADD", "big:stream", "*", "field", element});
      }
      for (const Words& words : {hash, set, sorted, list}) run(words);
    }
  }
  std::string run(const Words& words) const {
    std::vector<const char*> starts;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      starts.push_back(word.data());
      sizes.push_back(word.size());
    }
    kevy_reply* reply = nullptr;
    if (kevy_exec(db_, starts.size(), starts.data(), sizes.data(), &reply) != KEVY_OK) std::abort();
    size_t size = 0;
    const char* text = kevy_reply_string(reply, &size);
    std::string copy(text == nullptr ? "" : text, size);
    kevy_reply_free(reply);
    return copy;
  }
  bool is_saving() const {
    return run({"INFO", "persistence"}).find("rdb_bgsave_in_progress:1") != std::string::npos;
  }
  void begin() const {
    const std::string reply = run({"BGSAVE"});
    if (reply.find("started") == std::string::npos) {
      std::fprintf(stderr, "%s\n", reply.c_str());
      std::exit(1);
    }
  }
  template <typename GoesOn>
  Times measure(GoesOn&& goes_on) const {
    Times times;
    std::mt19937_64 random(7);
    while (goes_on()) {
      for (long i = 0; i < kAtOnce; ++i) {
        const auto key = static_cast<long>(random() % static_cast<uint64_t>(keys_));
        const int64_t start = bench::now_ns();
        set(key, 'b');
        times.add(bench::now_ns() - start);
      }
    }
    return times;
  }

 private:
  const long keys_;
  kevy_instance* db_ = nullptr;
};

double resident_bytes() {
  long all = 0, resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &all, &resident) != 2) std::abort();
  std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void print_times(const std::string& name, const char* when, const Times& times) {
  const std::string side = std::string("kevy, ") + when;
  bench::print_row(name, side + ", median", times.at(0.5), "ns");
  bench::print_row(name, side + ", longest", times.longest(), "ns");
  std::fprintf(stderr, "  %s: %llu SETs\n", when, static_cast<unsigned long long>(times.all()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: background_save DIRECTORY [keys] [elements]\n");
    return 1;
  }
  const long keys = argc > 2 ? std::atol(argv[2]) : 5'000'000;
  const long elements = argc > 3 ? std::atol(argv[3]) : 0;
  const Store store(argv[1], keys);
  store.fill_collections(elements);
  std::fprintf(stderr, "  %ld keys, and %ld elements of each collection\n", keys, elements);

  const double before = resident_bytes();
  double most = before;
  const int64_t begin = bench::now_ns();
  for (store.begin(); store.is_saving(); usleep(1000)) most = std::max(most, resident_bytes());
  std::string of = " of " + std::to_string(keys) + " keys";
  if (elements != 0) of += " and collections of " + std::to_string(elements);
  bench::print_row("BGSAVE" + of, "kevy", static_cast<double>(bench::now_ns() - begin) / 1e6, "ms");
  bench::print_goal("memory during BGSAVE" + of, "kevy", most / 1e6, "MB", "before it",
                    most / before, 1.05);

  const std::string name = "SET, 99.99th percentile," + of;
  const int64_t end = bench::now_ns() + 3'000'000'000;
  const Times alone = store.measure([&] { return bench::now_ns() < end; });
  print_times(name, "alone", alone);
  bench::print_row(name, "kevy, alone", alone.at(0.9999), "ns");
  store.begin();
  const Times during = store.measure([&] { return store.is_saving(); });
  print_times(name, "during BGSAVE", during);
  constexpr double kGoalNs = 1e6;
  bench::print_goal(name, "kevy, during BGSAVE", during.at(0.9999), "ns", "1 millisecond",
                    during.at(0.9999) / kGoalNs, 1.0);
  return 0;
}
