// Writes to collections in process, beside kevy's own SET: many small lists, hashes and sets, many
// sorted sets of 100 members; and one hot key, written by one thread and by two. 16 shards.
// Usage: collections [rounds]. Prints rows; see README.md.
#include <kevy.h>

#include <cstdlib>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "measure.h"
#include "workload.h"

namespace {

using namespace bench;

constexpr size_t kOperations = 100'000;  // of a thread in a round
constexpr size_t kHotOperations = 50'000;
constexpr uint32_t kMembers = 100;  // of such a sorted set
constexpr size_t kScores = 1'009;   // that ZADD gives
constexpr size_t kSmall = 5;        // elements of a small collection before each round; 10 at most

constexpr size_t kWordsMax = 8;         // of a command that is measured

using Words = std::initializer_list<std::string_view>;

std::string numbered(std::string_view what, uint64_t number) {
  return std::string(what) + ":" + std::to_string(number);
}

class Collections {
 public:
  explicit Collections(int rounds) : rounds_(rounds) {
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 16;
    if (kevy_start(&options, &db_) != KEVY_OK) std::abort();
    for (uint32_t i = 0; i < kKeys; ++i) set(key_text(i));
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

  /// Gives many keys the `elements`, with `verb`, and measures step(key, number of the operation)
  /// on keys that are drawn, beside SET of as many. Before each round `undo`, a command with
  /// an empty word for the key, takes away what was added.
  template <typename Step>
  void many(const char* name, const std::string& verb, const std::vector<std::string>& elements,
            char prefix, const std::vector<std::string>& undo, double goal, Step step);
  /// The rate of step(thread, number of the operation) on one key, by two threads and by one.
  template <typename Step>
  void hot(const std::string& name, Step step);

  static KeyText with_prefix(KeyText key, char prefix) {
    key[0] = prefix;
    return key;
  }

  const int rounds_;
    std::vector<std::string> fields_, members_, scores_;
  kevy_instance* db_ = nullptr;
};

std::string_view view(const KeyText& key) { return {key.data(), key.size()}; }

template <typename Step>
void Collections::many(const char* name, const std::string& verb,
                       const std::vector<std::string>& elements, char prefix,
                       const std::vector<std::string>& undo, double goal, Step step) {
  std::vector<KeyText> drawn;  // as many different ones for both sides
  std::mt19937 generator(7);
  std::uniform_int_distribution<uint32_t> number(0, kKeys - 1);
  for (size_t i = 0; i < kOperations; ++i) drawn.push_back(key_text(number(generator)));
  const auto each_key = [&](std::vector<std::string> words) {  // words[1] is the key
    for (uint32_t i = 0; i < kKeys; ++i) {
      words[1] = view(with_prefix(key_text(i), prefix));
      exec(words);
    }
  };
  const auto timed = [&](auto&& body) {
    return elapsed_ns(1, [&](unsigned) {
             for (size_t i = 0; i < kOperations; ++i) body(drawn[i], i);
           }) / kOperations;
  };
  std::vector<std::string> fill{verb, ""};
  fill.insert(fill.end(), elements.begin(), elements.end());
  each_key(fill);
  std::vector<Side> sides{
      {"kevy_exec SET", [&] { return timed([&](const KeyText& key, size_t) { set(key); }); }},
      {"kevy_exec", [&] {
         if (!undo.empty()) each_key(undo);
         return timed([&](const KeyText& key, size_t i) {
           step(view(with_prefix(key, prefix)), i);
         });
       }}};
  run_rounds(sides, rounds_);
  print_row(name, sides[0].name, sides[0].ns(), "ns");
  print_goal(name, sides[1].name, sides[1].ns(), "ns", "SET", sides[1].ratio_to(sides[0]), goal);
}

void Collections::small_lists() {
  const std::vector<std::string> elements(kSmall, std::string(kValue));
  const std::vector<std::string> undo{"LTRIM", "", "0", std::to_string(kSmall - 1)};
  many("LPUSH, small lists", "RPUSH", elements, 'l', undo, 1.6,
       [this](std::string_view key, size_t) { exec({"LPUSH", key, kValue}); });
}

// Every other operation overwrites a field, the others add one where the key was not drawn before.
void Collections::small_hashes() {
  std::vector<std::string> elements;
  for (size_t i = 0; i < kSmall; ++i) {
    elements.push_back(fields_[i]);
    elements.emplace_back(kValue);
  }
  std::vector<std::string> undo{"HDEL", ""};
  undo.insert(undo.end(), fields_.begin() + kSmall, fields_.begin() + 2 * kSmall);
  many("HSET, small hashes, half of it new fields", "HSET", elements, 'h', undo, 1.6,
       [this](std::string_view key, size_t i) {
         exec({"HSET", key, fields_[i % (2 * kSmall)], kValue});
       });
}

void Collections::small_sets() {
  std::vector<std::string> elements(members_.begin(), members_.begin() + kSmall);
  std::vector<std::string> undo{"SREM", ""};
  undo.insert(undo.end(), members_.begin() + kSmall, members_.begin() + 2 * kSmall);
  many("SADD, small sets, half of it new members", "SADD", elements, 's', undo, 1.6,
       [this](std::string_view key, size_t i) { exec({"SADD", key, members_[i % (2 * kSmall)]}); });
}

void Collections::sorted_sets() {
  std::vector<std::string> elements;
  for (size_t i = 0; i < kMembers; ++i) {
    elements.push_back(std::to_string(i * 10));
    elements.push_back(members_[i]);
  }
  std::mt19937 generator(3);
  many("ZADD, sorted sets of 100, new scores", "ZADD", elements, 'z', {}, 3.0,
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
                  return elapsed_ns(threads, [&](unsigned thread) {
                           for (size_t i = 0; i < kHotOperations; ++i) step(thread, i);
                         }) / kHotOperations / threads;
                }};
  };
  std::vector<Side> sides{side(1), side(2)};
  run_rounds(sides, rounds_);
  print_row(name + ", 1 thread", sides[0].name, sides[0].ns(), "ns");
  print_goal(name + ", 2 threads together", sides[1].name, sides[1].ns(), "ns",
             "1 thread", sides[1].ratio_to(sides[0]), 2.0);
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
  Collections collections(argc > 1 ? std::atoi(argv[1]) : 15);
  collections.small_lists();
  collections.small_hashes();
  collections.small_sets();
  collections.sorted_sets();
  collections.hot_keys();
}
