#include "store/stream/stream_producers.h"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/random.h"
#include "unit/store/failing_memory.h"

using namespace kevy;
using namespace kevy::test;

namespace {

/// What is remembered, each producer's in the order of its coming.
class Model {
 public:
  explicit Model(StreamProducers::Limits limits) : limits_(limits) {}

  void add(const std::string& producer, const std::string& name, StreamId entry) {
    forget(producer, name);
    auto& own = messages_[producer];
    own.emplace_back(name, entry);
    while (own.size() > static_cast<size_t>(limits_.messages)) own.pop_front();
  }
  void forget(const std::string& producer, const std::string& name) {
    std::erase_if(messages_[producer], [&](const auto& message) { return message.first == name; });
  }
  std::optional<StreamId> find(const std::string& producer, const std::string& name,
                               int64_t now_ms) {
    for (const auto& [known, entry] : messages_[producer]) {
      const bool over = static_cast<int64_t>(entry.ms) + limits_.seconds * 1000 <= now_ms;
      if (known == name && !over) return entry;
    }
    return std::nullopt;
  }

 private:
  StreamProducers::Limits limits_;
  std::map<std::string, std::deque<std::pair<std::string, StreamId>>> messages_;
};

std::string producer_of(Random& random) { return "p" + std::to_string(random.below(4)); }

// Some lie in the string itself, others do not.
std::string message_of(Random& random) {
  const uint64_t number = random.below(30);
  return std::string(number % 3 * 20, 'm') + std::to_string(number);
}

}  // namespace

TEST_CASE("producers' messages are remembered as long, and as many, as is set") {
  for (const int64_t most : {1, 3, 12}) {
    size_t memory = 0;
    {
      const StreamProducers::Limits limits{2, most};
      StreamProducers producers(memory, limits);
      Model model(limits);
      Random random(static_cast<uint64_t>(most));
      uint64_t now_ms = 10'000;
      for (int step = 0; step < 20'000; ++step) {
        now_ms += random.below(60);
        const std::string producer = producer_of(random), name = message_of(random);
        const auto now = static_cast<int64_t>(now_ms);
        const auto known = producers.find(producer, name, now);
        REQUIRE(known == model.find(producer, name, now));
        if (known) continue;
        model.forget(producer, name);  // it is over
        const StreamId entry{now_ms, static_cast<uint64_t>(step)};
        if (!runs_with(random.below(4) == 0 ? static_cast<int>(random.below(6)) : -1,
                       [&] { producers.add(producer, name, entry); })) {
          continue;
        }
        if (random.below(10) == 0) {
          producers.take_back();
          continue;
        }
        producers.trim(now);
        model.add(producer, name, entry);
      }
      REQUIRE(producers.message_count() <= static_cast<size_t>(4 * most + 16));
      size_t memory_of_copy = 0;
      const auto copy = producers.clone(memory_of_copy);
      REQUIRE(copy->message_count() == producers.message_count());
      producers.set_limits({2, most + 1});
      REQUIRE(producers.message_count() == 0);
      REQUIRE(producers.producer_count() == 0);
      REQUIRE(copy->limits() == limits);
    }
    REQUIRE(memory == 0);
  }
}
