// The longest single SADD, HSET and ZADD while one set, hash or sorted set is filled, which a value
// that is rebuilt all at once would show.
// Usage: longest_add [members]. Prints rows; see README.md.
#include <kevy.h>

#include "longest.h"
#include "workload.h"

namespace {

constexpr int kFills = 3;
constexpr size_t kBlockBytes = 48;  // about what a member takes

/// A command, and where among its words the member and the score are; 0: there is none.
struct Kind {
  std::vector<std::string> words;
  size_t member_at, score_at;
};
const Kind kKinds[] = {
    {{"SADD", "one", ""}, 2, 0},
    {{"HSET", "one", "", std::string(bench::kValue)}, 2, 0},
    {{"ZADD", "one", "", ""}, 3, 2},
};

// Each number below `count` once, so that neither members nor scores come in order.
uint64_t scattered(long i, long count) {
  constexpr uint64_t kPrime = 15'485'863;
  return static_cast<uint64_t>(i) * kPrime % static_cast<uint64_t>(count);
}

void fill(const Kind& kind, bench::Longest& longest, long count) {
  kevy_instance* db;
  if (kevy_start(nullptr, &db) != KEVY_OK) std::abort();
  std::vector<std::string> words = kind.words;
  std::vector<const char*> data(words.size());
  std::vector<size_t> sizes(words.size());
  longest.fill([&](long i) {
    const uint64_t number = scattered(i, count);
    const bench::KeyText member = bench::key_text(number);
    words[kind.member_at].assign(member.data(), member.size());
    if (kind.score_at != 0) words[kind.score_at] = std::to_string(number);
    for (size_t word = 0; word < words.size(); ++word) {
      data[word] = words[word].data();
      sizes[word] = words[word].size();
    }
    kevy_reply* reply;
    if (kevy_exec(db, words.size(), data.data(), sizes.data(), &reply) != KEVY_OK ||
        kevy_reply_integer(reply) != 1) {
      std::abort();
    }
    kevy_reply_free(reply);
  });
  kevy_stop(db);
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000'000;
  bench::Longest bare(count);
  for (int i = 0; i < kFills; ++i) bench::fill_bare(bare, count, kBlockBytes);
  for (const Kind& kind : kKinds) {
    bench::Longest adds(count);
    for (int i = 0; i < kFills; ++i) {
      std::fprintf(stderr, "  %s, fill %d of %d, %ld members\n", kind.words[0].c_str(), i + 1,
                   kFills, count);
      fill(kind, adds, count);
    }
    bench::print_longest(
        "longest " + kind.words[0] + " into one of " + std::to_string(count), bare, adds);
  }
}
