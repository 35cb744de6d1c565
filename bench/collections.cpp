// Writes to collections in process, beside kevy's own SET: many small lists, hashes and sets, many
// sorted sets of 100 members; and one hot key, written by one thread and by two. 16 shards.
//
// The goals are for a million keys, where neither side's data lie in a cache. With 100,000 they may
// or may not, strings sooner than the larger collections: there the ratio is that of the host's
// last-level cache, of which a shared host gives now more, now less; its rows have no goal. Sorted
// sets of 100 members are 100,000 in either case: so many fit no cache.
// Usage: collections [rounds]. Prints rows; see README.md.
#include <kevy.h>

#include <cstdlib>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measure.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kOperations = 100'000;  // of a thread in a round
constexpr size_t kHotOperations = 50'000;
constexpr uint32_t kMany = 1'000'000;  // keys, which lie in no cache
constexpr uint32_t kMembers = 100;     // of a sorted set
constexpr size_t kScores = 1'009;      // that ZADD gives
constexpr size_t kSmall = 5;  // elements of a small collection before each round; 10 at most

constexpr size_t kWordsMax = 8;  // of a command that is measured

using Words = std::initializer_list<std::string_view>;

std::string numbered(std::string_view what, uint64_t number) {
  return std::string(what) + ":" + std::to_string(number);
}

class Collections {
 public:
  Collections(int rounds, uint32_t keys) : rounds_(rounds), keys_(keys) {
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 16;
    if (kevy_start(&options, &db_) != KEVY_OK) std::abort();
    for (uint32_t i = 0; i < keys_; ++i) set(key_text(i));
    for (size_t i = 0; i < kMembers; ++i) {
      fields_.push_back(numbered("field", i));
      members_.push_back(numbered("member", i));
    }
    for (size_t i = 0; i < kScores; ++i) scores_.push_back(std::to_string(i));
  }
  ~Collections() { kevy_stop(db_); }
  Collections(const Collections&) = delete;
  Collections& operator=(const Collections&) = delete;

  void small_lists();
  void small_hashes();
  void small_sets();
  void sorted_sets();
  void hot_keys();

 private:
  void exec(Words words) {
    const char* argv[kWordsMax];
    size_t sizes[kWordsMax];
    size_t count = 0;
    for (const std::string_view word : words) {
      argv[count] = word.data();
      sizes[count++] = word.size();
    }
    exec(count, argv, sizes);
  }
  void exec(const std::vector<std::string>& words) {
    std::vector<const char*> argv;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      argv.push_back(word.data());
      sizes.push_back(word.size());
    }
    exec(words.size(), argv.data(), sizes.data());
  }
  void exec(size_t count, const char* const* argv, const size_t* sizes) {
    kevy_reply* reply;
    if (kevy_exec(db_, count, argv, sizes, &reply) != KEVY_OK ||
        kevy_reply_get_type(reply) == KEVY_REPLY_ERROR) {
      std::abort();
    }
    kevy_reply_free(reply);
  }
  void set(const KeyText& key) { exec({"SET", {key.data(), kKeySize}, kValue}); }

  /// What is done to many keys. The commands have an empty word for the key.
  struct Kind {
    const char* name;
    char prefix;  // of the keys
    uint32_t keys;
    std::vector<std::string> fill;
    std::vector<std::string> undo;  // takes away what a round added
    double goal;
  };
  /// Fills the keys and measures step(key, number of the operation) on keys that are drawn, beside
  /// SET of as many. Before each round `undo`, or SET, goes over all keys, in order.
  template <typename Step>
  void many(const Kind& kind, Step step);
  /// The rate of step(thread, number of the operation) on one key, by two threads and by one.
  template <typename Step>
  void hot(const std::string& name, Step step);

  static KeyText with_prefix(KeyText key, char prefix) {
    key[0] = prefix;
    return key;
  }

  const int rounds_;
  const uint32_t keys_;
  std::vector<std::string> fields_, members_, scores_;
  kevy_instance* db_ = nullptr;
};

std::string_view view(const KeyText& key) { return {key.data(), key.size()}; }

template <typename Step>
void Collections::many(const Kind& kind, Step step) {
  std::mt19937 generator(7);
  const auto draw = [&](uint32_t keys) {
    std::uniform_int_distribution<uint32_t> number(0, keys - 1);
    std::vector<KeyText> drawn;
    for (size_t i = 0; i < kOperations; ++i) drawn.push_back(key_text(number(generator)));
    return drawn;
  };
  const std::vector<KeyText> strings = draw(keys_), collections = draw(kind.keys);
  const auto each_key = [&](std::vector<std::string> words) {  // words[1] is the key
    for (uint32_t i = 0; i < kind.keys; ++i) {
      words[1] = view(with_prefix(key_text(i), kind.prefix));
      exec(words);
    }
  };
  const auto timed = [&](auto&& body) {
    return elapsed_ns(1,
                      [&](unsigned) {
                        for (size_t i = 0; i < kOperations; ++i) body(i);
                      }) /
           kOperations;
  };
  each_key(kind.fill);
  std::vector<Side> sides{
      {"kevy_exec SET",
       [&] {
         for (uint32_t i = 0; i < keys_; ++i) set(key_text(i));
         return timed([&](size_t i) { set(strings[i]); });
       }},
      {"kevy_exec", [&] {
         if (!kind.undo.empty()) each_key(kind.undo);
         return timed([&](size_t i) { step(view(with_prefix(collections[i], kind.prefix)), i); });
       }}};
  run_rounds(sides, rounds_);
  if (keys_ == kMany) {
    print_row(kind.name, sides[0].name, sides[0].ns(), "ns");
    print_goal(kind.name, sides[1].name, sides[1].ns(), "ns", "SET", sides[1].ratio_to(sides[0]),
               kind.goal);
  } else {
    const std::string name = std::string(kind.name) + ", 100,000 keys";
    for (const Side& side : sides) print_row(name, side.name, side.ns(), "ns");
  }
  each_key({"DEL", ""});
}

void Collections::small_lists() {
  std::vector<std::string> fill{"RPUSH", ""};
  fill.insert(fill.end(), kSmall, std::string(kValue));
  many({"LPUSH, small lists",
        'l',
        keys_,
        std::move(fill),
        {"LTRIM", "", "0", std::to_string(kSmall - 1)},
        1.6},
       [this](std::string_view key, size_t) {
         exec({"LPUSH", key, kValue});
       });
}

// Every other operation overwrites a field, the others add one where the key was not drawn before.
void Collections::small_hashes() {
  std::vector<std::string> fill{"HSET", ""};
  for (size_t i = 0; i < kSmall; ++i) {
    fill.push_back(fields_[i]);
    fill.emplace_back(kValue);
  }
  std::vector<std::string> undo{"HDEL", ""};
  undo.insert(undo.end(), fields_.begin() + kSmall, fields_.begin() + 2 * kSmall);
  many({"HSET, small hashes, half of it new fields", 'h', keys_, std::move(fill), std::move(undo),
        1.6},
       [this](std::string_view key, size_t i) {
         exec({"HSET", key, fields_[i % (2 * kSmall)], kValue});
       });
}

void Collections::small_sets() {
  std::vector<std::string> fill{"SADD", ""};
  fill.insert(fill.end(), members_.begin(), members_.begin() + kSmall);
  std::vector<std::string> undo{"SREM", ""};
  undo.insert(undo.end(), members_.begin() + kSmall, members_.begin() + 2 * kSmall);
  many({"SADD, small sets, half of it new members", 's', keys_, std::move(fill), std::move(undo),
        1.6},
       [this](std::string_view key, size_t i) {
         exec({"SADD", key, members_[i % (2 * kSmall)]});
       });
}

void Collections::sorted_sets() {
  std::vector<std::string> fill{"ZADD", ""};
  for (size_t i = 0; i < kMembers; ++i) {
    fill.push_back(std::to_string(i * 10));
    fill.push_back(members_[i]);
  }
  std::mt19937 generator(3);
  many({"ZADD, sorted sets of 100, new scores", 'z', kKeys, std::move(fill), {}, 3.0},
       [&](std::string_view key, size_t) {
         exec({"ZADD", key, scores_[generator() % scores_.size()],
               members_[generator() % members_.size()]});
       });
}

// The key starts each round as it was in the first one.
template <typename Step>
void Collections::hot(const std::string& name, Step step) {
  const auto side = [&](unsigned threads) {
    return Side{"kevy_exec", [&, threads] {
                  exec({"DEL", "hot"});
                  return elapsed_ns(threads,
                                    [&](unsigned thread) {
                                      for (size_t i = 0; i < kHotOperations; ++i) step(thread, i);
                                    }) /
                         kHotOperations / threads;
                }};
  };
  std::vector<Side> sides{side(1), side(2)};
  run_rounds(sides, rounds_);
  print_row(name + ", 1 thread", sides[0].name, sides[0].ns(), "ns");
  print_goal(name + ", 2 threads together", sides[1].name, sides[1].ns(), "ns", "1 thread",
             sides[1].ratio_to(sides[0]), 2.0);
}

void Collections::hot_keys() {
  hot("LPUSH of one hot key", [this](unsigned, size_t) { exec({"LPUSH", "hot", kValue}); });
  hot("HSET of one hot key of 10 fields", [this](unsigned thread, size_t i) {
    exec({"HSET", "hot", fields_[(i + thread * kSmall) % (2 * kSmall)], kValue});
  });
  hot("ZADD of one hot key of 100 members", [this](unsigned thread, size_t i) {
    const size_t number = i * 7 + thread * kSmall;
    exec({"ZADD", "hot", scores_[number % scores_.size()], members_[number % kMembers]});
  });
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  for (const uint32_t keys : {kMany, kKeys}) {
    Collections collections(rounds, keys);
    collections.small_lists();
    collections.small_hashes();
    collections.small_sets();
    collections.sorted_sets();
    if (keys == kMany) collections.hot_keys();
  }
}
