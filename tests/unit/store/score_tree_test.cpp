#include "store/sorted_set/score_tree.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

namespace {

/// A tree, and a std::set that says what must be in it.
struct Both {
  using Element = std::pair<double, std::string>;

  ~Both() {
    for (const auto& [element, member] : made) std::free(member);
  }
  bool insert(double score, const std::string& name) {
    if (!model.emplace(score, name).second) return false;
    void* memory = std::malloc(ScoredMember::size(name));
    ScoredMember* member = ScoredMember::write(memory, name, score);
    made.emplace(Element{score, name}, member);
    tree.insert(member);
    return true;
  }
  void erase(const Element& element) {
    const auto found = made.find(element);
    tree.erase(found->second);
    forget(found);
  }
  void erase_at(uint64_t rank) {
    ScoredMember* gone = tree.erase_at(rank);
    const Element element{gone->score(), std::string(gone->key())};
    REQUIRE(element == *std::next(model.begin(), static_cast<ptrdiff_t>(rank)));
    forget(made.find(element));
  }
  void update(const Element& element, double score) {
    const auto found = made.find(element);
    ScoredMember* member = found->second;
    tree.update(member, score);
    REQUIRE(member->score() == score);
    made.erase(found);
    model.erase(element);
    made.emplace(Element{score, element.second}, member);
    model.emplace(score, element.second);
  }
  void check() const {
    REQUIRE(tree.valid());
    REQUIRE(tree.size() == model.size());
    auto at = model.begin();
    tree.visit_up(0, tree.size(), [&](const ScoredMember& member, double score) {
      if (score != at->first || member.key() != at->second) FAIL("upwards");
      ++at;
      return Walk::kGoOn;
    });
    REQUIRE(at == model.end());
    auto back = model.rbegin();
    tree.visit_down(tree.size() - 1, tree.size(), [&](const ScoredMember& member, double score) {
      if (score != back->first || member.key() != back->second) FAIL("downwards");
      ++back;
      return Walk::kGoOn;
    });
    REQUIRE(back == model.rend());
  }
  // What costs time in the model: of some elements.
  void check_ranks(Random& random, int samples) const {
    for (int i = 0; i < samples && !model.empty(); ++i) {
      const uint64_t rank = random.below(model.size());
      const auto at = std::next(model.begin(), static_cast<ptrdiff_t>(rank));
      REQUIRE(tree.rank(at->first, at->second) == rank);
      REQUIRE(tree.at(rank)->key() == at->second);
      const auto below = tree.count_before(
          [&](double score, const ScoredMember&) { return score < at->first; });
      const auto first = model.lower_bound({at->first, ""});
      REQUIRE(below == static_cast<uint64_t>(std::distance(model.begin(), first)));
      const uint64_t count = std::min<uint64_t>(random.below(200), model.size() - rank);
      auto walk = at;
      tree.visit_up(rank, count, [&](const ScoredMember& member, double) {
        if (member.key() != walk->second) FAIL("a range upwards");
        ++walk;
        return Walk::kGoOn;
      });
      REQUIRE(static_cast<uint64_t>(std::distance(at, walk)) == count);
      walk = at;
      tree.visit_down(rank, std::min(count, rank + 1), [&](const ScoredMember& member, double) {
        if (member.key() != walk->second) FAIL("a range downwards");
        if (walk != model.begin()) --walk;
        return Walk::kGoOn;
      });
    }
  }

  ScoreTree tree;
  std::set<Element> model;
  std::map<Element, ScoredMember*> made;

 private:
  void forget(std::map<Element, ScoredMember*>::iterator found) {
    ScoredMember* member = found->second;
    model.erase(found->first);
    made.erase(found);
    std::free(member);
  }
};

constexpr int kAscending = 0, kDescending = 1, kRandom = 2, kSameScore = 3;

std::string name_of(uint64_t number) {
  std::string name = std::to_string(number);
  if (number % 97 == 0) name.append(255 - name.size() + number % 3, 'x');
  return name;
}

}  // namespace

TEST_CASE("a tree holds what is inserted in any order, and is empty when all is erased") {
  constexpr uint64_t kCount = 100'000;
  const int order = GENERATE(kAscending, kDescending, kRandom, kSameScore);
  Random random(5);
  Both both;
  for (uint64_t i = 0; i < kCount; ++i) {
    const double score = order == kAscending    ? static_cast<double>(i)
                         : order == kDescending ? -static_cast<double>(i)
                         : order == kRandom     ? static_cast<double>(random.below(kCount)) / 7
                                                : 1.0;
    both.insert(score, name_of(i));
    if (i % 10'000 == 0) REQUIRE(both.tree.valid());
  }
  both.check();
  both.check_ranks(random, 60);
  if (order == kAscending) {  // leaves are filled: 16 bytes an element, and little more
    CHECK(both.tree.memory_bytes() < kCount * 18);
  }
  std::vector<Both::Element> left(both.model.begin(), both.model.end());
  if (order != kDescending) std::shuffle(left.begin(), left.end(), random);
  for (size_t i = 0; i < left.size(); ++i) {
    both.erase(left[i]);
    if (i % 10'000 == 0) both.check();
  }
  CHECK(both.tree.size() == 0);
  CHECK(both.tree.memory_bytes() == 0);
  CHECK(both.tree.valid());
}

TEST_CASE("a random program of insertions, removals and changes of scores") {
  Random random(GENERATE(1u, 2u, 3u, 4u));
  const uint64_t scores = GENERATE(3u, 100'000u);
  Both both;
  for (int i = 0; i < 30'000; ++i) {
    // Grows and shrinks by turns, so that nodes split and merge.
    const bool shrinking = i / 5000 % 2 == 1;
    const auto any = [&] {
      const auto at = both.model.lower_bound(
          {static_cast<double>(random.below(scores)), name_of(random.below(20'000))});
      return at == both.model.end() ? *both.model.begin() : *at;
    };
    const uint64_t choice = random.below(10);
    if (both.model.empty() || choice < (shrinking ? 2u : 6u)) {
      both.insert(static_cast<double>(random.below(scores)), name_of(random.below(20'000)));
    } else if (choice < 8) {
      both.erase(any());
    } else if (choice == 8) {
      const Both::Element element = any();
      const double score = static_cast<double>(random.below(scores));
      if (both.model.count({score, element.second}) == 0) both.update(element, score);
    } else if (both.model.size() < 300) {
      both.erase_at(random.below(both.model.size()));
    }
    if (i % 1000 == 0) both.check();
  }
  both.check();
  both.check_ranks(random, 100);
  while (!both.model.empty()) both.erase_at(0);
  CHECK(both.tree.memory_bytes() == 0);
}

TEST_CASE("an empty tree has no elements and takes no memory") {
  const ScoreTree tree;
  CHECK(tree.size() == 0);
  CHECK(tree.memory_bytes() == 0);
  CHECK(tree.rank(1, "a") == 0);
  CHECK(tree.valid());
}

TEST_CASE("infinities and negative zero have their place") {
  Both both;
  both.insert(HUGE_VAL, "a");
  both.insert(-HUGE_VAL, "b");
  both.insert(0.0, "d");
  both.insert(-0.0, "c");
  both.check();
  CHECK(both.tree.at(1)->key() == "c");
  CHECK(both.tree.at(2)->key() == "d");
}
