// kevy in process, beside the floor: GET, SET, INCR, PUBLISH without a receiver, start and stop.
// Usage: in_process [rounds]. Prints rows; see README.md.
#include <kevy.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "floor.h"
#include "measure.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kOperations = 100'000;  // of a thread in a round
constexpr unsigned kThreadsMax = 2;

class Comparison {
 public:
  explicit Comparison(int rounds) : rounds_(rounds), draws_(kThreadsMax, kOperations) {
    if (kevy_start(nullptr, &db_) != KEVY_OK) std::abort();
    // One after the other, so that none is strewn over the memory of the others.
    fill([this](const KeyText& key) { floor_.set({key.data(), key.size()}, kValue); });
    fill([this](const KeyText& key) { plain_.set({key.data(), key.size()}, kValue); });
    fill([this](const KeyText& key) {
      kevy_set(db_, key.data(), key.size(), kValue.data(), kValue.size(), 0, 0);
    });
  }
  ~Comparison() { kevy_stop(db_); }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void words(unsigned threads);
  void fast_lanes(unsigned threads);
  void counters();
  void publish();
  void start_and_stop();

 private:
  template <typename Set>
  static void fill(Set&& set) {
    for (uint32_t i = 0; i < kKeys; ++i) set(key_text(i));
  }
  /// A side whose operation is body(key), `threads` threads at once.
  template <typename Body>
  Side side(std::string name, unsigned threads, Body body) {
    return {std::move(name), [this, threads, body] {
              return elapsed_ns(threads, [&](unsigned thread) {
                       for (const KeyText& key : draws_.of(thread)) body(key);
                     }) / kOperations;
            }};
  }
  template <size_t N>
  void exec(const char* const (&argv)[N], const size_t (&sizes)[N]) {
    kevy_reply* reply;
    if (kevy_exec(db_, N, argv, sizes, &reply) != KEVY_OK) std::abort();
    kevy_reply_free(reply);
  }
  void exec_set(const KeyText& key) {
    exec({"SET", key.data(), kValue.data()}, {3, kKeySize, kValue.size()});
  }
  void exec_get(const KeyText& key) { exec({"GET", key.data()}, {3, kKeySize}); }
  void floor_exec(size_t argc, const char* const* argv, const size_t* sizes) {
    thread_local std::string reply;
    reply.clear();
    floor_.exec(argc, argv, sizes, reply);
  }
  void fast_get(const KeyText& key) {
    char buffer[64];
    size_t size;
    kevy_get(db_, key.data(), key.size(), buffer, sizeof buffer, &size);
  }

  const int rounds_;
  const Draws draws_;
  Floor floor_;
  PlainMap plain_;
  kevy_instance* db_ = nullptr;
};

std::string at(const char* verb, unsigned threads) {
  return std::string(verb) + (threads == 1 ? ", 1 thread" : ", 2 threads");
}

void Comparison::words(unsigned threads) {
  std::vector<Side> sides{
      side("floor", threads,
           [this](const KeyText& key) {
             const char* argv[] = {"GET", key.data()};
             const size_t sizes[] = {3, kKeySize};
             floor_exec(2, argv, sizes);
           }),
      side("kevy_exec", threads, [this](const KeyText& key) { exec_get(key); }),
      side("floor", threads,
           [this](const KeyText& key) {
             const char* argv[] = {"SET", key.data(), kValue.data()};
             const size_t sizes[] = {3, kKeySize, kValue.size()};
             floor_exec(3, argv, sizes);
           }),
      side("kevy_exec", threads, [this](const KeyText& key) { exec_set(key); })};
  run_rounds(sides, rounds_);
  const double goal = threads == 1 ? 1.5 : 1.25;
  const char* verbs[] = {"GET", "SET"};
  for (size_t i = 0; i < 2; ++i) {
    const Side &floor = sides[2 * i], &kevy = sides[2 * i + 1];
    print_row(at(verbs[i], threads), floor.name, floor.ns(), "ns");
    print_goal(at(verbs[i], threads), kevy.name, kevy.ns(), "ns", floor.name,
               kevy.ratio_to(floor), goal);
  }
}

void Comparison::fast_lanes(unsigned threads) {
  std::vector<Side> sides{
      side("floor", threads,
           [this](const KeyText& key) {
             char buffer[64];
             size_t size;
             floor_.get({key.data(), key.size()}, buffer, sizeof buffer, &size);
           }),
      side("mutex and unordered_map", threads,
           [this](const KeyText& key) {
             char buffer[64];
             size_t size;
             plain_.get({key.data(), key.size()}, buffer, sizeof buffer, &size);
           }),
      side("kevy_get", threads, [this](const KeyText& key) { fast_get(key); }),
      side("floor", threads,
           [this](const KeyText& key) { floor_.set({key.data(), key.size()}, kValue); }),
      side("mutex and unordered_map", threads,
           [this](const KeyText& key) { plain_.set({key.data(), key.size()}, kValue); }),
      side("kevy_set", threads, [this](const KeyText& key) {
        kevy_set(db_, key.data(), key.size(), kValue.data(), kValue.size(), 0, 0);
      })};
  run_rounds(sides, rounds_);
  const char* names[] = {"get", "set"};
  for (size_t i = 0; i < 2; ++i) {
    const Side *floor = &sides[3 * i], *plain = floor + 1, *kevy = floor + 2;
    print_row(at(names[i], threads), floor->name, floor->ns(), "ns");
    print_row(at(names[i], threads), plain->name, plain->ns(), "ns");
    if (threads == 1) {
      print_goal(at(names[i], threads), kevy->name, kevy->ns(), "ns", floor->name,
                 kevy->ratio_to(*floor), 1.3);
    } else {
      print_row(at(names[i], threads), kevy->name, kevy->ns(), "ns");
    }
  }
}

// INCR of many keys beside SET of as many; INCR of one key by one thread and by two.
void Comparison::counters() {
  for (const KeyText& key : draws_.of(0)) {
    KeyText counter = key;
    counter[0] = 'c';
    exec({"SET", counter.data(), "10"}, {3, kKeySize, 2});
  }
  const auto hot = [this](const KeyText&) { exec({"INCR", "hot"}, {4, 3}); };
  std::vector<Side> sides{side("kevy_exec SET", 1, [this](const KeyText& key) { exec_set(key); }),
                          side("kevy_exec", 1,
                               [this](const KeyText& key) {
                                 KeyText counter = key;
                                 counter[0] = 'c';
                                 exec({"INCR", counter.data()}, {4, kKeySize});
                               }),
                          side("kevy_exec", 1, hot), side("kevy_exec", 2, hot)};
  run_rounds(sides, rounds_);
  const Side &set = sides[0], &incr = sides[1], &hot_one = sides[2];
  print_goal("INCR, 1 thread", incr.name, incr.ns(), "ns", set.name, incr.ratio_to(set), 1.0);
  print_row("INCR of one hot key, 1 thread", hot_one.name, hot_one.ns(), "ns");
  Side hot_two = sides[3];
  for (double& ns : hot_two.rounds) ns /= 2;  // an operation of either thread
  print_goal("INCR of one hot key, 2 threads together", hot_two.name, hot_two.ns(), "ns",
             "1 thread", hot_two.ratio_to(hot_one), 2.0);
}

void Comparison::publish() {
  std::vector<Side> sides{side("kevy_get", 1, [this](const KeyText& key) { fast_get(key); }),
                          side("kevy_exec", 1, [this](const KeyText& key) {
                            exec({"PUBLISH", key.data(), kValue.data()},
                                 {7, kKeySize, kValue.size()});
                          })};
  run_rounds(sides, rounds_);
  print_goal("PUBLISH without a receiver", sides[1].name, sides[1].ns(), "ns", sides[0].name,
             sides[1].ratio_to(sides[0]), 1.0);
}

void Comparison::start_and_stop() {
  constexpr int kInstances = 100;
  constexpr double kGoalNs = 200'000;
  std::vector<Side> sides{{"kevy", [] {
                             return elapsed_ns(1, [](unsigned) {
                                      for (int i = 0; i < kInstances; ++i) {
                                        kevy_instance* one;
                                        if (kevy_start(nullptr, &one) != KEVY_OK) std::abort();
                                        kevy_stop(one);
                                      }
                                    }) / kInstances;
                           }}};
  run_rounds(sides, rounds_);
  print_goal("kevy_start and kevy_stop", "kevy", sides[0].ns(), "ns", "200 microseconds",
             sides[0].ns() / kGoalNs, 1.0);
}

}  // namespace

int main(int argc, char** argv) {
  Comparison comparison(argc > 1 ? std::atoi(argv[1]) : 15);
  for (const unsigned threads : {1u, 2u}) comparison.words(threads);
  for (const unsigned threads : {1u, 2u}) comparison.fast_lanes(threads);
  comparison.counters();
  comparison.publish();
  comparison.start_and_stop();
}
