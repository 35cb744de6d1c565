#include "store/stream/id_tree.h"

#include <catch2/catch.hpp>
#include <map>

#include "base/random.h"

using namespace kevy;

namespace {

using Model = std::map<StreamId, int>;

void check_same(const IdTree<int>& tree, const Model& model) {
  REQUIRE(tree.valid());
  REQUIRE(tree.size() == model.size());
  auto at = tree.first();
  for (const auto& [id, value] : model) {
    REQUIRE(at);
    REQUIRE((at.id() == id && at.value() == value));
    at.next();
  }
  REQUIRE_FALSE(at);
  auto back = tree.last();
  for (auto it = model.rbegin(); it != model.rend(); ++it, back.previous()) {
    REQUIRE((back && back.id() == it->first));
  }
  REQUIRE_FALSE(back);
}

void check_place(const IdTree<int>& tree, const Model& model, StreamId id) {
  const auto after = model.lower_bound(id);
  const auto found = tree.at_or_after(id);
  REQUIRE(static_cast<bool>(found) == (after != model.end()));
  if (found) REQUIRE(found.id() == after->first);
  auto before = model.upper_bound(id);
  const auto back = tree.at_or_before(id);
  REQUIRE(static_cast<bool>(back) == (before != model.begin()));
  if (back) REQUIRE(back.id() == (--before)->first);
}

}  // namespace

TEST_CASE("an IdTree is what a map with the same changes is, and gives its memory back") {
  const uint64_t seed = GENERATE(1u, 2u, 3u, 4u);
  // Up to how far apart ids are: many small nodes, or few; and what is added most.
  const uint64_t range = GENERATE(50u, 3000u, 100'000u);
  Random random(seed);
  size_t memory = 0;
  {
    IdTree<int> tree(memory);
    Model model;
    StreamId highest;
    for (int i = 0; i < 12'000; ++i) {
      const bool shrinks = i / 3000 % 2 == 1;
      const StreamId id{random.below(range) / 7, random.below(range) % 7};
      const unsigned what = static_cast<unsigned>(random.below(10));
      if (what < (shrinks ? 2u : 5u)) {
        if (model.emplace(id, i).second) tree.insert(id, i);
        highest = std::max(highest, id);
      } else if (what == 9 && !model.empty()) {
        const StreamId first = model.begin()->first;
        model.erase(first);
        REQUIRE(tree.erase(first));
      } else if (what == 8) {
        highest.step_up();
        model[highest] = i;
        tree.insert(highest, i);
      } else {
        REQUIRE(tree.erase(id) == (model.erase(id) == 1));
      }
      check_place(tree, model, id);
      REQUIRE((tree.find(id) != nullptr) == model.contains(id));
      if (i % 500 == 0) check_same(tree, model);
    }
    check_same(tree, model);
    while (!model.empty()) {
      auto it = model.lower_bound({random.below(range) / 7, 0});
      if (it == model.end()) it = model.begin();
      REQUIRE(tree.erase(it->first));
      model.erase(it);
    }
    check_same(tree, model);
  }
  CHECK(memory == 0);
}

TEST_CASE("what is added in ascending order fills the leaves of an IdTree") {
  size_t memory = 0;
  IdTree<void*> tree(memory);
  for (uint64_t i = 0; i < 100'000; ++i) tree.insert({i, 0}, nullptr);
  CHECK(tree.valid());
  CHECK(memory < 100'000 * 26);
  for (uint64_t i = 0; i < 100'000; ++i) {
    if (i % 50 != 0) tree.erase({i, 0});
  }
  CHECK(tree.valid());
  CHECK(tree.size() == 2000);
  CHECK(memory < 2000 * 26 * 5);
}
