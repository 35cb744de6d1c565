// GET one by one (kevy_exec) beside GETs in pipelines (kevy_pipeline), whose keys are fetched from
// memory together: with keys that no cache holds, and with few. Usage: pipeline [rounds [keys]]
#include <kevy.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "measure.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kDepth = 64;
constexpr size_t kOperations = kDepth * 2000;  // of a round

class Store {
 public:
  explicit Store(uint32_t keys) : keys_(keys) {
    if (kevy_start(nullptr, &db_) != KEVY_OK) std::abort();
    for (uint32_t i = 0; i < keys; ++i) {
      const KeyText key = key_text(i);
      kevy_set(db_, key.data(), key.size(), kValue.data(), kValue.size(), 0, 0);
    }
  }
  ~Store() { kevy_stop(db_); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  double one_by_one() {
    const std::vector<KeyText> keys = draw();
    return elapsed_ns(1, [&](unsigned) {
             for (const KeyText& key : keys) {
               const char* argv[] = {"GET", key.data()};
               const size_t sizes[] = {3, kKeySize};
               kevy_reply* reply;
               if (kevy_exec(db_, 2, argv, sizes, &reply) != KEVY_OK) std::abort();
               kevy_reply_free(reply);
             }
           }) / kOperations;
  }
  double pipelined() {
    const std::vector<KeyText> keys = draw();
    return elapsed_ns(1, [&](unsigned) {
             for (size_t first = 0; first < keys.size(); first += kDepth) pipeline(&keys[first]);
           }) / kOperations;
  }

 private:
  std::vector<KeyText> draw() {
    std::uniform_int_distribution<uint32_t> number(0, keys_ - 1);
    std::vector<KeyText> keys;
    for (size_t i = 0; i < kOperations; ++i) keys.push_back(key_text(number(generator_)));
    return keys;
  }
  void pipeline(const KeyText* keys) {
    const char* argv[2 * kDepth];
    size_t sizes[2 * kDepth], counts[kDepth];
    for (size_t i = 0; i < kDepth; ++i) {
      argv[2 * i] = "GET";
      sizes[2 * i] = 3;
      argv[2 * i + 1] = keys[i].data();
      sizes[2 * i + 1] = kKeySize;
      counts[i] = 2;
    }
    kevy_reply* replies;
    if (kevy_pipeline(db_, kDepth, counts, argv, sizes, 0, &replies) != KEVY_OK) std::abort();
    kevy_reply_free(replies);
  }

  const uint32_t keys_;
  std::mt19937 generator_{1};
  kevy_instance* db_ = nullptr;
};

void compare(uint32_t keys, int rounds, double goal) {
  Store store(keys);
  std::vector<Side> sides{{"kevy_exec", [&] { return store.one_by_one(); }},
                          {"kevy_pipeline", [&] { return store.pipelined(); }}};
  run_rounds(sides, rounds);
  const std::string name = "GET of " + std::to_string(keys) + " keys, pipelines of 64";
  print_row(name, sides[0].name, sides[0].ns(), "ns");
  print_goal(name, sides[1].name, sides[1].ns(), "ns", sides[0].name, sides[1].ratio_to(sides[0]),
             goal);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  compare(argc > 2 ? static_cast<uint32_t>(std::atoi(argv[2])) : 3'000'000, rounds, 0.6);
  compare(1000, rounds, 1.2);
}
