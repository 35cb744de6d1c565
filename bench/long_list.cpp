// What it costs that the middle of a long list is compressed: a queue of a hundred thousand values is
// filled by RPUSH and emptied by LPOP, with compression and without (list-compress-depth beyond all
// chunks), for values that are alike, that are like jobs in JSON, and that are random.
// Usage: long_list [rounds]. Prints rows; see README.md.
#include <kevy.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "measure.h"

namespace {

using namespace bench;

constexpr size_t kValues = 100'000;

class Queue {
 public:
  explicit Queue(const char* compress_depth) {
    const char* const directives[] = {"list-compress-depth", compress_depth};
    kevy_options options = KEVY_OPTIONS_INIT;
    options.directives = directives;
    options.directive_count = 1;
    if (kevy_start(&options, &db_) != KEVY_OK) std::abort();
  }
  ~Queue() { kevy_stop(db_); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void push(const std::string& value) {
    const char* argv[] = {"RPUSH", "queue", value.data()};
    const size_t sizes[] = {5, 5, value.size()};
    exec(3, argv, sizes);
  }
  void pop() {
    const char* argv[] = {"LPOP", "queue"};
    const size_t sizes[] = {4, 5};
    exec(2, argv, sizes);
  }

 private:
  void exec(size_t argc, const char* const* argv, const size_t* sizes) {
    kevy_reply* reply;
    if (kevy_exec(db_, argc, argv, sizes, &reply) != KEVY_OK) std::abort();
    kevy_reply_free(reply);
  }
  kevy_instance* db_ = nullptr;
};

void compare(const std::string& kind, const std::vector<std::string>& values, int rounds) {
  Queue plain("1000000"), compressed("0");
  const auto through = [&](Queue& queue) {
    return elapsed_ns(1, [&](unsigned) {
             for (const std::string& value : values) queue.push(value);
             for (size_t i = 0; i < values.size(); ++i) queue.pop();
           }) / static_cast<double>(values.size());
  };
  std::vector<Side> sides{{"not compressed", [&] { return through(plain); }},
                          {"compressed", [&] { return through(compressed); }}};
  run_rounds(sides, rounds);
  const std::string name = "RPUSH and LPOP, " + kind;
  print_row(name, sides[0].name, sides[0].ns(), "ns");
  print_goal(name, sides[1].name, sides[1].ns(), "ns", sides[0].name, sides[1].ratio_to(sides[0]),
             kind.starts_with("alike") ? 1.25 : 2);
}

template <typename Make>
std::vector<std::string> values(Make&& make) {
  std::vector<std::string> all;
  for (size_t i = 0; i < kValues; ++i) all.push_back(make(i));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  std::mt19937_64 random(1);
  const auto bytes = [&](size_t count) {
    std::string text(count, ' ');
    for (char& byte : text) byte = static_cast<char>(random());
    return text;
  };
  const auto job = [&](size_t i) {
    return "{\"id\": \"" + std::to_string(random()) + "\", \"task\": \"mail.send\", \"args\": [" +
           std::to_string(i) + ", \"user" + std::to_string(random() % 100'000) +
           "@example.org\"], \"kwargs\": {}, \"retries\": 0, \"eta\": null, \"queue\": \"default\"}";
  };
  compare("alike, 16 bytes", values([](size_t i) {
            const std::string number = std::to_string(i * 7'368'787 % kValues);
            return "value:" + std::string(10 - number.size(), '0') + number;
          }), rounds);
  compare("jobs of 150 bytes", values(job), rounds);
  compare("random, 16 bytes", values([&](size_t) { return bytes(16); }), rounds);
  compare("random, 1 KB", values([&](size_t) { return bytes(1024); }), rounds);
}
