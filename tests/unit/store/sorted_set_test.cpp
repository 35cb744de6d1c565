#include "store/sorted_set/sorted_set.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "unit/store/space.h"

using namespace kevy;

namespace {

using Outcome = SortedSet::Outcome;

struct Space : test::Space {
  Key key{"k", hash_bytes("k", secret)};
  SortedSet set() { return {keys, key, keys.find(key)}; }
};

/// Members with scores in the simplest form.
struct Model {
  std::map<std::string, double> scores;
  std::set<std::pair<double, std::string>> order;

  void store(const std::string& member, double score) {
    erase(member);
    scores[member] = score;
    order.emplace(score, member);
  }
  void erase(const std::string& member) {
    const auto found = scores.find(member);
    if (found == scores.end()) return;
    order.erase({found->second, member});
    scores.erase(found);
  }
};

// Numbers in any width, text of every length of code, binary, and what just passes a limit.
std::string random_member(Random& random) {
  switch (random.below(8)) {
    case 0:
      return std::to_string(static_cast<int64_t>(random() >> random.below(64)) *
                            (random.below(2) == 0 ? 1 : -1));
    case 1:
      return std::string(random.below(66), 'a');
    case 2:
      return std::string("\0\xff", 2) + static_cast<char>(random.below(256));
    case 3:
      return "12345678";  // what the bytes of a score may look like
    default:
      return "m" + std::to_string(random.below(100));
  }
}

double random_score(Random& random) {
  switch (random.below(8)) {
    case 0:
      return static_cast<double>(static_cast<int64_t>(random()) >> random.below(64));
    case 1:
      return static_cast<double>(random.below(1000)) / 8;
    case 2:
      return random.below(2) == 0 ? HUGE_VAL : -HUGE_VAL;
    case 3:
      return -0.0;
    case 4:  // its bytes are the text 12345678
      return std::bit_cast<double>(uint64_t{0x3837363534333231});
    default:
      return static_cast<double>(random.below(10));
  }
}

void check(const SortedSet& set, const Model& model) {
  REQUIRE(set.size() == model.order.size());
  auto at = model.order.begin();
  uint64_t rank = 0;
  set.for_each([&](Bytes member, double score) {
    REQUIRE(at != model.order.end());
    REQUIRE(member == at->second);
    REQUIRE(score == at->first);
    const auto ranked = set.rank(member);
    REQUIRE(ranked.has_value());
    REQUIRE(ranked->rank == rank++);
    REQUIRE(ranked->score == score);
    REQUIRE(set.score(member) == score);
    ++at;
    return Walk::kGoOn;
  });
  auto back = model.order.rbegin();
  set.visit({0, set.size()}, Direction::kDown, [&](Bytes member, double) {
    REQUIRE(member == back->second);
    ++back;
    return Walk::kGoOn;
  });
}

void check_ranges(const SortedSet& set, const Model& model, Random& random) {
  ScoreRange range{random_score(random), random_score(random), random.below(2) == 0,
                   random.below(2) == 0};
  uint64_t count = 0;
  for (const auto& [score, member] : model.order) {
    if (range.past_min(score) && range.below_max(score)) ++count;
  }
  const Ranks ranks = set.between(range);
  REQUIRE(ranks.count == count);
  set.visit(ranks, Direction::kUp, [&](Bytes, double score) {
    REQUIRE((range.past_min(score) && range.below_max(score)));
    return Walk::kGoOn;
  });
}

constexpr SortedSet::Limits kLimits{40, 64};

/// A sorted set beside its model: what is done to one is done to the other.
struct Program {
  Program(unsigned seed, SortedSet::Limits at_most) : random(seed), limits(at_most) {}

  Random random;
  SortedSet::Limits limits;
  Space space;
  Model model;

  void store(const std::string& member, double score) {
    const auto known = model.scores.find(member);
    const Outcome expected = known == model.scores.end() ? Outcome::kAdded
                             : known->second == score    ? Outcome::kSame
                                                         : Outcome::kChanged;
    REQUIRE(space.set().store(member, score, {}, limits).outcome == expected);
    model.store(member, score);
  }
  void store_by_rule(const std::string& member, double score) {
    const ScoreRule rule{.only_new = random.below(4) == 0, .only_existing = random.below(4) == 0,
                         .only_greater = random.below(4) == 0, .only_less = random.below(4) == 0,
                         .add = random.below(2) == 0};
    const auto known = model.scores.find(member);
    const bool there = known != model.scores.end();
    double wanted = score;
    bool store = there ? !rule.only_new : !rule.only_existing;
    if (there && store) {
      if (rule.add) wanted += known->second;
      if (std::isnan(wanted)) {
        CHECK(space.set().store(member, score, rule, limits).outcome == Outcome::kNotANumber);
        return;
      }
      if (rule.only_greater && wanted <= known->second) store = false;
      if (rule.only_less && wanted >= known->second) store = false;
    }
    const SortedSet::Stored stored = space.set().store(member, score, rule, limits);
    const Outcome expected = !store                    ? Outcome::kRefused
                             : !there                  ? Outcome::kAdded
                             : wanted == known->second ? Outcome::kSame
                                                       : Outcome::kChanged;
    REQUIRE(stored.outcome == expected);
    if (!store) return;
    REQUIRE(stored.score == wanted);
    model.store(member, wanted);
  }
  void erase(const std::string& member) {
    CHECK(space.set().erase(member) == (model.scores.count(member) == 1));
    model.erase(member);
    erase_if_empty();
  }
  void erase_some_ranks() {
    SortedSet set = space.set();
    if (set.empty()) return;
    const uint64_t first = random.below(set.size());
    const Ranks ranks{first, random.below(std::min<uint64_t>(set.size() - first, 4) + 1)};
    std::vector<std::string> gone;
    set.visit(ranks, Direction::kUp, [&](Bytes name, double) {
      gone.emplace_back(name);
      return Walk::kGoOn;
    });
    REQUIRE(gone.size() == ranks.count);
    set.erase(ranks);
    for (const std::string& name : gone) model.erase(name);
    erase_if_empty();
  }
  void erase_if_empty() {
    if (model.order.empty() && space.set().entry() != nullptr) space.keys.erase(space.key);
  }
  void erase_all() {
    space.keys.erase(space.key);
    model = {};
  }
};

}  // namespace

TEST_CASE("a random program leaves in a sorted set what it leaves in a model") {
  Program program(GENERATE(1u, 2u, 3u, 4u, 5u, 6u), kLimits);
  Random& random = program.random;
  bool was_big = false, was_packed = false;
  for (int i = 0; i < 8000; ++i) {
    const std::string member = random_member(random);
    const double score = random_score(random);
    switch (random.below(6)) {
      case 0:
        program.erase(member);
        break;
      case 1:
        program.erase_some_ranks();
        break;
      case 2:
        program.store_by_rule(member, score);
        break;
      default:
        program.store(member, score);
    }
    const SortedSet set = program.space.set();
    if (set.entry() != nullptr) (set.packed() ? was_packed : was_big) = true;
    if (i % 50 == 0) check(set, program.model);
    if (i % 20 == 0) check_ranges(set, program.model, random);
    if (i % 1000 == 999) program.erase_all();  // starts packed again
  }
  CHECK(was_big);
  CHECK(was_packed);
}

// Where pairs lie is kept in one byte, in two or in four, by how many bytes they take.
TEST_CASE("a packed sorted set grows past 255 and 65,535 bytes and shrinks again") {
  Program program(GENERATE(1u, 2u), {100'000, 10'000});
  Random& random = program.random;
  const size_t longest = GENERATE(20u, 600u, 5000u);
  int turns = 0;
  bool grows = true;
  for (int i = 0; turns < 4; ++i) {
    const std::string member = random.below(4) == 0
                                   ? random_member(random)
                                   : std::to_string(random.below(9000)) +
                                         std::string(random.below(longest), 'x');
    const double score = random_score(random);
    if (const uint64_t what = random.below(8); what == 0) {
      program.store_by_rule(member, score);
    } else if (what < 3 && !program.model.order.empty()) {  // another score for one that is there
      const auto near = program.model.scores.lower_bound(member);
      if (near != program.model.scores.end()) program.store(std::string(near->first), score);
    } else if (grows) {
      program.store(member, score);
    } else if (what == 7) {
      const auto near = program.model.scores.lower_bound(member);
      if (near != program.model.scores.end()) program.erase(std::string(near->first));
    } else {
      program.erase_some_ranks();
    }
    const SortedSet set = program.space.set();
    const size_t bytes = set.empty() ? 0 : set.entry()->packed().size();
    // Often where the width changes.
    if (i % 1000 == 0 || (bytes < 600 && random.below(4) == 0)) {
      check(set, program.model);
      check_ranges(set, program.model, random);
    }
    if (grows ? bytes > 90'000 : bytes < 150) {
      check(set, program.model);
      grows = !grows;
      ++turns;
    }
  }
}

TEST_CASE("a sorted set becomes big where a limit is passed and stays so") {
  Space space;
  for (int i = 0; i < 40; ++i) space.set().store("m" + std::to_string(i), i, {}, kLimits);
  CHECK(space.set().packed());
  space.set().store("m40", 40, {}, kLimits);
  CHECK_FALSE(space.set().packed());
  for (int i = 1; i <= 40; ++i) space.set().erase("m" + std::to_string(i));
  CHECK(space.set().size() == 1);
  CHECK_FALSE(space.set().packed());

  space.keys.erase(space.key);
  space.set().store(std::string(64, 'x'), 1, {}, kLimits);
  CHECK(space.set().packed());
  space.set().store(std::string(65, 'x'), 1, {}, kLimits);
  CHECK_FALSE(space.set().packed());

  space.keys.erase(space.key);
  space.set().store(std::string(65, 'x'), 1, {}, kLimits);
  CHECK_FALSE(space.set().packed());
}

TEST_CASE("a result is stored packed when it is small") {
  const size_t count = GENERATE(1u, 40u, 41u);
  Space space;
  auto result = std::make_unique<SortedSetObject>();
  for (size_t i = 0; i < count; ++i) {
    result->gather("m" + std::to_string(i), 1000.5 - static_cast<double>(i));
  }
  result->order_gathered();
  SortedSet::put(space.keys, space.key, std::move(result), kLimits);
  CHECK(space.set().packed() == (count <= 40));
  CHECK(space.set().size() == count);
  double last = 0;
  space.set().for_each([&](Bytes, double score) {
    CHECK(score > last);
    last = score;
    return Walk::kGoOn;
  });
}

TEST_CASE("memory of a sorted set is counted as it is and given back") {
  Space space;
  const size_t before = space.keys.memory_bytes();
  const int count = GENERATE(30, 3000);
  for (int i = 0; i < count; ++i) space.set().store("m" + std::to_string(i), i % 7, {}, kLimits);
  for (int i = 0; i < count; i += 3) space.set().store("m" + std::to_string(i), -i, {}, kLimits);
  const Entry* entry = space.keys.find(space.key);
  CHECK(space.keys.memory_bytes() - before >= space.keys.memory_bytes_of(*entry) - 64);
  for (int i = 0; i < count; ++i) REQUIRE(space.set().erase("m" + std::to_string(i)));
  CHECK(space.set().empty());
  if (!space.set().packed()) {
    CHECK(space.keys.find(space.key)->object()->memory_bytes() < 5000);
  }
  space.keys.erase(space.key);
  const size_t table = space.keys.memory_bytes();
  space.set().store("m", 1, {}, kLimits);
  space.keys.erase(space.key);
  CHECK(space.keys.memory_bytes() == table);
}

TEST_CASE("a member of 16 bytes takes at most 90 bytes in a big sorted set") {
  Space space;
  Random random(3);
  constexpr int kCount = 200'000;
  for (int i = 0; i < kCount; ++i) {
    std::string member = "member:" + std::to_string(100'000'000 + i);
    space.set().store(member, static_cast<double>(random()) / 3, {}, kLimits);
  }
  const size_t bytes = space.keys.find(space.key)->object()->memory_bytes();
  CHECK(static_cast<double>(bytes) / kCount <= 90.0);
}

TEST_CASE("a copy of a big sorted set is one of its own") {
  Space space;
  for (int i = 0; i < 500; ++i) space.set().store("m" + std::to_string(i), i, {}, kLimits);
  const Key other{"o", hash_bytes("o", space.secret)};
  space.keys.put(other, Keyspace::copy_value(*space.keys.find(space.key)), Keyspace::kNoExpiry);
  space.keys.erase(space.key);
  const SortedSet copy(space.keys.find(other));
  CHECK(copy.size() == 500);
  CHECK(copy.rank("m499")->rank == 499);
}

TEST_CASE("B20 a full scan of a big sorted set visits every member that stays") {
  Space space;
  for (int i = 0; i < 1000; ++i) space.set().store("stays" + std::to_string(i), i, {}, kLimits);
  std::set<std::string> seen;
  uint64_t cursor = 0;
  int others = 0;
  do {
    cursor = space.set().scan(cursor, 10, [&](Bytes member, double) { seen.emplace(member); });
    for (int i = 0; i < 30 && others < 20'000; ++i) {
      space.set().store("other" + std::to_string(others++), -1, {}, kLimits);
    }
  } while (cursor != 0);
  for (int i = 0; i < 1000; ++i) REQUIRE(seen.count("stays" + std::to_string(i)) == 1);
}

TEST_CASE("a lexical range of equal scores is the same in both forms and both directions") {
  Random random(GENERATE(1u, 2u, 3u));
  Space packed, big;
  std::set<std::string> model;
  for (int i = 0; i < 40; ++i) {
    std::string member(1 + random.below(2), 'a');
    for (char& c : member) c = static_cast<char>('a' + random.below(6));
    model.insert(member);
    packed.set().store(member, 1, {}, kLimits);
    big.set().store(member, 1, {}, {0, 0});
  }
  REQUIRE(packed.set().packed());
  REQUIRE_FALSE(big.set().packed());
  using Kind = LexBound::Kind;
  for (int i = 0; i < 500; ++i) {
    std::string texts[2];
    for (std::string& text : texts) {
      text.assign(1 + random.below(2), 'a');
      for (char& c : text) c = static_cast<char>('a' + random.below(6));
    }
    const auto bound = [&](const std::string& text) {
      return LexBound{static_cast<Kind>(random.below(4)), text};
    };
    const LexRange range{bound(texts[0]), bound(texts[1])};
    uint64_t count = 0;
    for (const std::string& member : model) {
      if (range.past_min(member) && range.below_max(member)) ++count;
    }
    for (const Direction direction : {Direction::kUp, Direction::kDown}) {
      const Ranks a = packed.set().between(range, direction);
      const Ranks b = big.set().between(range, direction);
      REQUIRE(a.count == count);
      REQUIRE(b.count == count);
      if (count != 0) REQUIRE(a.first == b.first);
    }
  }
}
