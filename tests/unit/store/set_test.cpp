#include "store/set/set.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "unit/store/set_space.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr Set::Limits kLimits = SetSpace::kLimits;

// What a set must be: the form that it started in and every border that it has crossed since.
class Form {
 public:
  explicit Form(const Set::Limits& limits) : limits_(limits) {}

  void gone() { now_ = nullptr; }
  void added(const std::string& member, const Model& before) {
    const bool number = parse_int64(member).has_value();
    const bool packed_fits =
        before.size() < limits_.packed_entries && member.size() <= limits_.packed_bytes &&
        std::all_of(before.begin(), before.end(),
                    [&](const auto& other) { return other.size() <= limits_.packed_bytes; });
    if (now_ == nullptr) now_ = number && limits_.intset_entries != 0 ? kIntset : kPacked;
    if (now_ == kIntset && number && before.size() >= limits_.intset_entries) now_ = kBig;
    if (now_ == kIntset && !number) now_ = kPacked;
    if (now_ == kPacked && !packed_fits) now_ = kBig;
  }
  bool is_form_of(const Entry* entry) const {
    if (entry == nullptr) return now_ == nullptr;
    return now_ != nullptr && entry->type() == Type::kSet && entry->encoding() == *now_;
  }

 private:
  static constexpr Encoding kForms[] = {Encoding::kIntset, Encoding::kPacked, Encoding::kObject};
  static constexpr const Encoding *kIntset = &kForms[0], *kPacked = &kForms[1], *kBig = &kForms[2];
  Set::Limits limits_;
  const Encoding* now_ = nullptr;
};

std::string random_member(Random& random, uint64_t kinds) {
  switch (random.below(kinds)) {
    case 0:
    case 1:
      return std::to_string(random.below(40));
    case 2:
      return std::to_string(static_cast<int64_t>(random()) >> random.below(64));
    case 3:
      return "0" + std::to_string(random.below(20));
    case 4:
      return std::string(random.below(4), '\0');
    case 5:
      return "member " + std::to_string(random.below(400));
    default:
      return std::string(60 + random.below(10), static_cast<char>('a' + random.below(3)));
  }
}

}  // namespace

TEST_CASE("a random program on a set leaves what it leaves in a std::set, in the right form") {
  Random random(GENERATE(1u, 2u, 3u));
  const auto limits = GENERATE(kLimits, Set::Limits{8, 4, 61}, Set::Limits{0, 4, 64},
                               Set::Limits{4, 0, 64}, Set::Limits{6, 20, 1});
  const uint64_t kinds = GENERATE(3u, 6u, 7u);
  SetSpace space;
  Model model;
  Form form(limits);
  const size_t empty = space.keys.memory_bytes();
  for (int i = 0; i < 3000; ++i) {
    const std::string member = random_member(random, kinds);
    const bool there = model.count(member) == 1;
    Set set = space.set("s");
    REQUIRE(set.contains(member) == there);
    if (random.below(100) < (i % 600 < 400 ? 70u : 25u)) {
      REQUIRE(set.add(member, limits) == !there);
      if (!there) form.added(member, model);
      model.insert(member);
    } else {
      REQUIRE(set.erase(member) == there);
      model.erase(member);
      if (set.entry() != nullptr && set.empty()) {
        space.keys.erase(space.key("s"));
        form.gone();
      }
    }
    set = space.set("s");
    REQUIRE(set.size() == model.size());
    REQUIRE(form.is_form_of(set.entry()));
    if (i % 100 == 0) REQUIRE(contents(set) == model);
  }
  REQUIRE(contents(space.set("s")) == model);
  for (const std::string& member : Model(model)) space.erase("s", member);
  CHECK(space.set("s").entry() == nullptr);
  CHECK(space.keys.memory_bytes() <= empty + 4096);
}

TEST_CASE("an intset goes through its members in ascending order") {
  SetSpace space;
  Set set =
      space.make("s", {"5", "-7", "40000", "-9223372036854775808", "0", "9223372036854775807"});
  std::string all;
  set.for_each([&](Bytes member) {
    all.append(member).append(" ");
    return Walk::kGoOn;
  });
  CHECK(all == "-9223372036854775808 -7 0 5 40000 9223372036854775807 ");
  CHECK(set.entry()->encoding() == Encoding::kIntset);
}

TEST_CASE("a change of form keeps the time to live") {
  SetSpace space;
  space.make("s", {"1", "2"});
  space.keys.set_expiry(space.set("s").entry(), space.key("s").hash, 12345);
  for (const std::string& member : {std::string("x"), std::string(65, 'x')}) {
    Set set = space.set("s");
    set.add(member, kLimits);
    CHECK(set.entry()->expires_at_ms() == 12345);
  }
  CHECK(contents(space.set("s")) == Model{"1", "2", "x", std::string(65, 'x')});
}

TEST_CASE("a copy of a big set is its own, and both give their memory back") {
  SetSpace space;
  Model model;
  for (int i = 0; i < 3000; ++i) model.insert(std::string(i % 300, 'x') + std::to_string(i));
  Set set = space.make("s", model);
  space.keys.put(space.key("copy"), Keyspace::copy_value(*set.entry()), Keyspace::kNoExpiry);
  const auto bytes_of = [&](Bytes name) {
    return static_cast<double>(space.set(name).entry()->object()->memory_bytes());
  };
  CHECK(bytes_of("copy") == Approx(bytes_of("s")).epsilon(0.05));  // chains differ by chance
  for (const std::string& member : model) space.erase("s", member);
  CHECK(contents(space.set("copy")) == model);
  space.keys.move(space.key("copy"), space.keys, space.key("moved"));
  CHECK(contents(space.set("moved")) == model);
  CHECK(space.keys.memory_bytes() > 3000 * 150);
  space.keys.erase(space.key("moved"));
  CHECK(space.keys.memory_bytes() < 3 * 4096);
}

TEST_CASE("memory of a big set is what is allocated: at most 50 bytes for a member of 16") {
  SetSpace space;
  constexpr int kMembers = 200'000;
  Set set = space.set("s");
  for (int i = 0; i < kMembers; ++i) {
    set.add("member:" + std::to_string(100'000'000 + i), kLimits);
  }
  const size_t bytes = space.keys.memory_bytes_of(*set.entry()) / kMembers;
  CHECK(bytes >= 32 + 8);
  CHECK(bytes <= 50);
}

TEST_CASE("members of any length are read back from a big set") {
  SetSpace space;
  Model model;
  for (const size_t size : {0, 1, 126, 127, 128, 129, 16383, 16384, 2097151, 2097152, 3000000}) {
    model.insert(std::string(size, 'x'));
  }
  CHECK(contents(space.make("s", model)) == model);
  for (const std::string& member : model) CHECK(space.set("s").contains(member));
  CHECK_FALSE(space.set("s").contains("xx"));
}

TEST_CASE("a full scan of a set visits what stays, whatever is added and removed meanwhile") {
  SetSpace space;
  const bool growing = GENERATE(true, false);
  Set set = space.set("s");
  for (int i = 0; i < 1000; ++i) set.add("stays" + std::to_string(i), kLimits);
  int others = growing ? 0 : 20000;
  for (int i = 0; i < others; ++i) set.add("other" + std::to_string(i), kLimits);
  Model seen;
  uint64_t cursor = 0;
  int steps = 0;
  do {
    cursor = set.scan(cursor, 10, [&](Bytes member) { seen.emplace(member); });
    for (int i = 0; i < (growing ? 15 : 100); ++i) {
      if (growing) {
        set.add("other" + std::to_string(others++), kLimits);
      } else if (others > 0) {
        set.erase("other" + std::to_string(--others));
      }
    }
    REQUIRE(++steps < 100000);
  } while (cursor != 0);
  for (int i = 0; i < 1000; ++i) REQUIRE(seen.count("stays" + std::to_string(i)) == 1);
}

TEST_CASE("a small set is scanned in one part, and any cursor is safe") {
  SetSpace space;
  Random random(5);
  const Model numbers{"1", "2", "3"}, words{"a", "b", "7"};
  space.make("numbers", numbers);
  space.make("words", words);
  for (int i = 0; i < 1000; ++i) space.set("big").add(std::to_string(i) + "x", kLimits);
  for (int i = 0; i < 500; ++i) {
    Model seen;
    const auto visit = [&](Bytes member) { seen.emplace(member); };
    CHECK(space.set("numbers").scan(random(), 1, visit) == 0);
    CHECK(space.set("words").scan(random(), 1, visit) == 0);
    CHECK(seen.size() == 6);
    space.set("big").scan(random(), 10, visit);
    CHECK(space.set("none").scan(random(), 10, visit) == 0);
  }
}

TEST_CASE("every choice of members has the same chance, in each form") {
  constexpr size_t kMembers = 60, kRounds = 20'000;
  const auto limits =
      GENERATE(Set::Limits{512, 128, 64}, Set::Limits{0, 128, 64}, Set::Limits{0, 0, 0});
  const size_t count = GENERATE(1u, 5u, 30u, 59u);
  const bool repeating = GENERATE(true, false);
  SetSpace space;
  Random random(17);
  Model model;
  for (size_t i = 0; i < kMembers; ++i) model.insert(std::to_string(i));
  const Set set = space.make("s", model, limits);
  std::map<std::string, size_t> picks;
  for (size_t i = 0; i < kRounds / count; ++i) {
    Model picked;
    size_t visited = 0;
    const auto visit = [&](Bytes member) {
      ++visited;
      ++picks[std::string(member)];
      picked.emplace(member);
    };
    if (repeating) {
      set.pick(count, random, visit);
    } else {
      set.sample(count, random, visit);
      REQUIRE(picked.size() == count);
    }
    REQUIRE(visited == count);
  }
  const double expected = static_cast<double>(kRounds / count * count) / kMembers;
  double chi_square = 0;
  for (const std::string& member : model) {
    const double difference = static_cast<double>(picks[member]) - expected;
    chi_square += difference * difference / expected;
  }
  // 59 degrees of freedom: above that once in three million runs (a table lies differently in each
  // process). Choosing without repetition spreads less.
  CHECK(chi_square < 130);
}

TEST_CASE("members are taken out of a small set, each with the same chance") {
  constexpr size_t kMembers = 60;
  constexpr int kRounds = 4'000;
  const bool numbers = GENERATE(true, false);
  const size_t count = GENERATE(1u, 6u, 59u);
  SetSpace space;
  Random random(31);
  Model model;
  for (size_t i = 0; i < kMembers; ++i) model.insert((numbers ? "" : "m") + std::to_string(i * 900));
  std::map<std::string, int> times;
  for (int round = 0; round < kRounds; ++round) {
    Set set = space.make("s", model);
    Model taken;
    set.take_inside(count, random, [&](Bytes member) {
      taken.emplace(member);
      ++times[std::string(member)];
    });
    REQUIRE(taken.size() == count);
    REQUIRE(set.size() == kMembers - count);
    Model all = contents(space.set("s"));
    all.insert(taken.begin(), taken.end());
    REQUIRE(all == model);
    REQUIRE(set.entry()->encoding() == (numbers ? Encoding::kIntset : Encoding::kPacked));
    space.keys.erase(space.key("s"));
  }
  double chi_square = 0;
  const double expected = 1. * kRounds * static_cast<double>(count) / kMembers;
  for (const std::string& member : model) {
    chi_square += (times[member] - expected) * (times[member] - expected) / expected;
  }
  CHECK(chi_square < 130);  // 59 degrees of freedom; choosing without repetition spreads less
}

TEST_CASE("a big set becomes a few of its members, each with the same chance") {
  constexpr size_t kMembers = 60, kLeft = 6, kRounds = 2'000;
  SetSpace space;
  Random random(29);
  Model model;
  for (size_t i = 0; i < kMembers; ++i) model.insert(std::to_string(i));
  std::map<std::string, int> times;
  const size_t before = space.keys.memory_bytes();
  for (size_t round = 0; round < kRounds; ++round) {
    Set set = space.make("s", model, Set::Limits{0, 0, 0});
    set.become(set.choose(kLeft, random));
    space.keys.set_expiry(set.entry(), space.key("s").hash, 12345);
    const Model left = contents(space.set("s"));
    REQUIRE(left.size() == kLeft);
    REQUIRE(std::includes(model.begin(), model.end(), left.begin(), left.end()));
    for (const std::string& member : left) ++times[member];
    Set(space.set("s")).become(space.set("s").choose(1, random));
    REQUIRE(space.set("s").size() == 1);
    REQUIRE(space.set("s").entry()->expires_at_ms() == 12345);
    space.keys.erase(space.key("s"));
  }
  CHECK(space.keys.memory_bytes() < before + 4096);
  double chi_square = 0;
  constexpr double kExpected = double{kRounds} * kLeft / kMembers;
  for (const std::string& member : model) {
    chi_square += (times[member] - kExpected) * (times[member] - kExpected) / kExpected;
  }
  CHECK(chi_square < 130);  // 59 degrees of freedom; choosing without repetition spreads less
}

TEST_CASE("a set that expects more than its limits is big at once") {
  SetSpace space;
  const auto encoding = [&](const Model& members, size_t count, Bytes first) {
    space.make("s", members);
    Set set = space.set("s");
    set.expect(count, first, kLimits);
    set.add(first, kLimits);
    const Encoding found = set.entry()->encoding();
    CHECK(set.size() == members.size() + 1);
    space.keys.erase(space.key("s"));
    return found;
  };
  CHECK(encoding({}, 128, "x") == Encoding::kPacked);
  CHECK(encoding({}, 129, "x") == Encoding::kObject);
  CHECK(encoding({}, 512, "1") == Encoding::kIntset);
  CHECK(encoding({}, 513, "1") == Encoding::kObject);
  CHECK(encoding({"a"}, 128, "x") == Encoding::kPacked);
  CHECK(encoding({"a"}, 129, "x") == Encoding::kObject);
  CHECK(encoding({"1"}, 512, "2") == Encoding::kIntset);
  CHECK(encoding({"1"}, 513, "2") == Encoding::kObject);
}

TEST_CASE("pairs are sampled together as often as chance would have it") {
  constexpr int kMembers = 12, kRounds = 66'000;
  const auto limits = GENERATE(Set::Limits{512, 128, 64}, Set::Limits{0, 0, 0});
  SetSpace space;
  Random random(23);
  Model model;
  for (int i = 0; i < kMembers; ++i) model.insert(std::to_string(i));
  const Set set = space.make("s", model, limits);
  std::map<Model, int> pairs;
  for (int i = 0; i < kRounds; ++i) {
    Model pair;
    set.sample(2, random, [&](Bytes member) { pair.emplace(member); });
    ++pairs[pair];
  }
  REQUIRE(pairs.size() == 66);
  double chi_square = 0;
  for (const auto& [pair, times] : pairs) chi_square += (times - 1000.) * (times - 1000.) / 1000.;
  CHECK(chi_square < 140);  // 65 degrees of freedom: once in four million runs
}

TEST_CASE("a sample of as many as there are, or more, is all of them") {
  SetSpace space;
  Random random(3);
  const auto limits =
      GENERATE(Set::Limits{512, 128, 64}, Set::Limits{0, 128, 64}, Set::Limits{0, 0, 0});
  const Set set = space.make("s", {"1", "2", "3"}, limits);
  for (const size_t count : {size_t{3}, size_t{4}, SIZE_MAX}) {
    Model picked;
    set.sample(count, random, [&](Bytes member) { picked.emplace(member); });
    CHECK(picked == Model{"1", "2", "3"});
  }
}
