#include "store/set/set_algebra.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <string>
#include <vector>

#include "unit/store/set_space.h"

using namespace kevy;
using namespace kevy::test;

namespace {

Model model_of(const Members& members) {
  Model model;
  members.for_each([&](Bytes member) {
    REQUIRE(model.emplace(member).second);
    return Walk::kGoOn;
  });
  return model;
}

template <typename Combine>
Model combined(const std::vector<Model>& models, Combine combine) {
  Model result = models[0];
  for (size_t i = 1; i < models.size(); ++i) {
    Model next;
    combine(result.begin(), result.end(), models[i].begin(), models[i].end(),
            std::inserter(next, next.end()));
    result = std::move(next);
  }
  return result;
}

const auto both = [](auto... arguments) { std::set_intersection(arguments...); };
const auto either = [](auto... arguments) { std::set_union(arguments...); };
const auto only_first = [](auto... arguments) { std::set_difference(arguments...); };

Model random_model(Random& random) {
  const size_t sizes[] = {0, 3, 20, 100, 700, 3000};
  const size_t size = sizes[random.below(std::size(sizes))];
  const bool numbers = random.below(2) == 0;
  const uint64_t range = size + 1 + random.below(2 * size + 1);
  Model model;
  for (size_t i = 0; i < size; ++i) {
    const std::string text = std::to_string(random.below(range));
    model.insert(numbers || random.below(2) == 0 ? text : "member " + text);
  }
  return model;
}

}  // namespace

TEST_CASE("sets in any form intersect, unite and subtract as in arithmetic") {
  Random random(GENERATE(1u, 2u, 3u, 4u, 5u));
  for (int round = 0; round < 40; ++round) {
    SetSpace space;
    std::vector<Model> models;
    std::vector<Set> sets;
    const size_t count = 1 + random.below(5);
    for (size_t i = 0; i < count; ++i) {
      models.push_back(random_model(random));
      const std::string name = std::to_string(i);
      space.make(name, models.back());
      sets.emplace_back(space.keys.find(space.key(name)));
    }
    CHECK(model_of(intersect(sets)) == combined(models, both));
    CHECK(model_of(unite(sets)) == combined(models, either));
    CHECK(model_of(subtract(sets)) == combined(models, only_first));
    const size_t limit = 1 + random.below(50);
    const Model some = model_of(intersect(sets, limit)), all = combined(models, both);
    CHECK(some.size() == std::min(limit, all.size()));
    CHECK(std::includes(all.begin(), all.end(), some.begin(), some.end()));
  }
}

TEST_CASE("a set that is named more than once counts once") {
  SetSpace space;
  Random random(GENERATE(1u, 2u, 3u));
  for (int round = 0; round < 20; ++round) {
    const std::vector<Model> models{random_model(random), random_model(random)};
    space.make("a", models[0]);
    space.make("b", models[1]);
    const auto set = [&](Bytes name) { return Set(space.keys.find(space.key(name))); };
    const std::vector<Set> sets{set("a"), set("b"), set("a"), set("a"), set("b")};
    CHECK(model_of(intersect(sets)) == combined(models, both));
    CHECK(intersection_size(sets) == combined(models, both).size());
    CHECK(model_of(unite(sets)) == combined(models, either));
    CHECK(subtract(sets).size() == 0);
    CHECK(model_of(subtract(std::vector<Set>{set("a"), set("b"), set("b")})) ==
          combined(models, only_first));
    const std::vector<Set> same(100, set("a"));
    CHECK(model_of(intersect(same)) == models[0]);
    CHECK(model_of(unite(same)) == models[0]);
    CHECK(intersection_size(same, 3) == std::min<size_t>(3, models[0].size()));
    CHECK(subtract(same).size() == 0);
    space.keys.erase(space.key("a"));
    space.keys.erase(space.key("b"));
  }
}

TEST_CASE("parts of a set in its entry are as large as is asked for") {
  SetSpace space;
  const bool integers = GENERATE(true, false);
  Model model;
  for (int i = 0; i < 100; ++i) {
    model.insert(integers || i % 2 == 0 ? std::to_string(i * 1000) : "w" + std::to_string(i));
  }
  const Set set = space.make("s", model);
  REQUIRE(set.entry()->encoding() == (integers ? Encoding::kIntset : Encoding::kPacked));
  for (const size_t count : {size_t{1}, size_t{7}, size_t{99}, size_t{100}, size_t{1000}}) {
    Members all;
    size_t parts = 0;
    uint64_t cursor = 0;
    do {
      cursor = set.gather(cursor, count, all.list);
      REQUIRE(all.size() == std::min(count * ++parts, model.size()));
    } while (cursor != 0);
    CHECK(model_of(all) == model);
  }
}

TEST_CASE("a difference from many small sets is gathered first, and is the same") {
  SetSpace space;
  std::vector<Model> models(1);
  for (int i = 0; i < 5000; ++i) models[0].insert("member " + std::to_string(i));
  for (int i = 0; i < 40; ++i) {
    models.push_back({"member " + std::to_string(i), "other", std::to_string(i)});
  }
  std::vector<Set> sets;
  for (size_t i = 0; i < models.size(); ++i) {
    space.make(std::to_string(i), models[i]);
    sets.emplace_back(space.keys.find(space.key(std::to_string(i))));
  }
  const Model result = model_of(subtract(sets));
  CHECK(result.size() == 4960);
  CHECK(result == combined(models, only_first));
}

TEST_CASE("integers come in ascending order when they are not too many") {
  SetSpace space;
  space.make("a", {"10", "9", "-3"});
  space.make("b", {"x", "100"});
  space.erase("b", "x");
  const std::vector<Set> sets{space.set("a"), space.set("b")};
  Members members = unite(sets);
  members.sort_integers(4);
  std::vector<std::string> in_order;
  members.for_each([&](Bytes member) {
    in_order.emplace_back(member);
    return Walk::kGoOn;
  });
  CHECK(in_order == std::vector<std::string>{"-3", "9", "10", "100"});
  space.set("b").add("y", SetSpace::kLimits);
  const std::vector<Set> mixed{space.set("a"), space.set("b")};
  members = unite(mixed);
  members.sort_integers(100);
  CHECK(model_of(members) == Model{"-3", "9", "10", "100", "y"});
}

TEST_CASE("what is stored has the form its members ask for, also over one of its sources") {
  struct Case {
    Model members;
    Encoding encoding;
  };
  Model numbers, many_numbers, words, many_words;
  for (int i = 0; i < 512; ++i) numbers.insert(std::to_string(i * i * i));
  for (int i = 0; i < 513; ++i) many_numbers.insert(std::to_string(i));
  for (int i = 0; i < 128; ++i) words.insert("w" + std::to_string(i));
  for (int i = 0; i < 129; ++i) many_words.insert("w" + std::to_string(i));
  const auto [members, encoding] = GENERATE_COPY(
      Case{{"7"}, Encoding::kIntset}, Case{numbers, Encoding::kIntset},
      Case{many_numbers, Encoding::kObject}, Case{words, Encoding::kPacked},
      Case{many_words, Encoding::kObject}, Case{{"1", std::string(64, 'x')}, Encoding::kPacked},
      Case{{"1", std::string(65, 'x')}, Encoding::kObject});
  SetSpace space;
  space.make("s", members);
  space.keys.set_expiry(space.set("s").entry(), space.key("s").hash, 1000);
  const std::vector<Set> sets{space.set("s")};
  const Members result = unite(sets);
  for (const Bytes name : {"other", "s"}) {
    Set::store(space.keys, space.key(name), result.list, SetSpace::kLimits);
    const Set stored = space.set(name);
    CHECK(contents(stored) == members);
    CHECK(stored.entry()->encoding() == encoding);
    CHECK_FALSE(stored.entry()->has_expiry());
  }
}
