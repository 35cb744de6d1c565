// Walks end where their visitor says stop, whatever form the value has: what is visited is counted.
#include "base/walk.h"

#include <catch2/catch.hpp>
#include <string>

#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "unit/store/space.h"

using namespace kevy;
using namespace kevy::test;

namespace {

/// Visits until it has seen `wanted`, and counts.
struct Counting {
  size_t wanted;
  size_t seen = 0;
  template <typename... Arguments>
  Walk operator()(Arguments&&...) {
    return ++seen == wanted ? Walk::kStop : Walk::kGoOn;
  }
};

/// How many elements `walk`, over `size` of them, visits for a visitor that wants so many.
template <typename WalkOver>
void check_ends(size_t size, WalkOver&& walk) {
  for (const size_t wanted : {size_t{1}, size_t{2}, size - 1, size}) {
    Counting visit{wanted};
    CHECK(walk(visit) == Walk::kStop);
    CHECK(visit.seen == wanted);
  }
  Counting all{size + 1};
  CHECK(walk(all) == Walk::kGoOn);
  CHECK(all.seen == size);
}

}  // namespace

static_assert(Visitor<Counting, Bytes>);
static_assert(!Visitor<void (*)(Bytes), Bytes>, "what answers nothing is no visitor");
static_assert(!Visitor<bool (*)(Bytes), Bytes>, "nor what answers something else");

TEST_CASE("a walk over a set ends where its visitor says stop") {
  Space space;
  const Key key = space.key("set");
  const bool numbers = GENERATE(true, false);
  const size_t size = GENERATE(size_t{5}, size_t{100}, size_t{1000});
  Set set(space.keys, key, nullptr);
  for (size_t i = 0; i < size; ++i) {
    set.add((numbers ? "" : "member ") + std::to_string(i), {512, 128, 64});
  }
  check_ends(size, [&](auto& visit) { return set.for_each(visit); });
}

TEST_CASE("a walk over a sorted set, in either direction, ends where its visitor says stop") {
  Space space;
  const Key key = space.key("zset");
  const size_t size = GENERATE(size_t{5}, size_t{128}, size_t{1000});
  SortedSet set(space.keys, key, nullptr);
  for (size_t i = 0; i < size; ++i) {
    set.store("member " + std::to_string(i), static_cast<double>(i), {}, {128, 64});
  }
  check_ends(size, [&](auto& visit) { return set.for_each(visit); });
  check_ends(size - 2, [&](auto& visit) {
    return set.visit({1, size - 2}, Direction::kDown, visit);
  });
}

TEST_CASE("a walk over a list, from either end, ends where its visitor says stop") {
  Space space;
  const Key key = space.key("list");
  const size_t size = GENERATE(size_t{5}, size_t{100}, size_t{10'000});
  List list(space.keys, key, nullptr);
  for (size_t i = 0; i < size; ++i) {
    const std::string element = "element " + std::to_string(i);
    const Bytes words[] = {element};
    list.push(End::kBack, words, ListLimit::of(-2));
  }
  check_ends(size, [&](auto& visit) { return list.for_each(visit); });
  check_ends(size, [&](auto& visit) { return list.for_range(size - 1, size, End::kBack, visit); });
}

TEST_CASE("a walk over a keyspace ends where its visitor says stop") {
  Space space;
  const size_t size = GENERATE(size_t{5}, size_t{10'000});
  for (size_t i = 0; i < size; ++i) {
    space.keys.set_string(space.key(std::to_string(i)), "value", Keyspace::kNoExpiry);
  }
  check_ends(size, [&](auto& visit) { return space.keys.for_each(visit); });
}
