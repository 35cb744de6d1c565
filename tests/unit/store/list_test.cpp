#include "store/list.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <string>

#include "unit/store/space.h"

using namespace kevy;

namespace {

using Model = std::deque<std::string>;

struct Space : test::Space {
  Key key{"list", hash_bytes("list", secret)};

  Entry* entry() const { return keys.find(key); }
  List list() { return {keys, key, entry()}; }
};

void push(Space& space, End end, const std::string& value, const ListLimit& limit) {
  const Bytes values[] = {value};
  space.list().push(end, values, limit);
}

Model contents(const List& list) {
  Model all;
  list.for_each([&](Bytes element) { all.emplace_back(element); });
  return all;
}

bool in_chunks(const Space& space) { return space.entry()->encoding() == Encoding::kObject; }

/// Numbers of every width, strings of every kind of length, and some that are found again.
std::string random_value(Random& random, size_t longest) {
  switch (random.below(6)) {
    case 0:
      return std::to_string(static_cast<int64_t>(random()) >> random.below(64));
    case 1:
      return std::string(random.below(longest), 'v');
    case 2: {
      const size_t sizes[] = {0, 61, 62, 63, 64, 65, 124, 125, 126, 127, 128, 4095, 4096};
      return std::string(std::min(longest, sizes[random.below(13)]), 's');
    }
    default:
      return std::to_string(random.below(5)) + 'm';
  }
}

size_t erase_equal(Model& model, const std::string& value, size_t max, End from) {
  size_t erased = 0;
  for (size_t i = 0; i < model.size() && erased < max;) {
    const size_t at = from == End::kFront ? i : model.size() - 1 - i;
    if (model[at] == value) {
      model.erase(model.begin() + static_cast<ptrdiff_t>(at));
      ++erased;
    } else {
      ++i;
    }
  }
  return erased;
}

void check_same(const Space& space, const Model& model) {
  if (model.empty()) {
    REQUIRE(space.entry() == nullptr);
    return;
  }
  const List list(space.entry());
  REQUIRE(list.size() == model.size());
  REQUIRE(contents(list) == model);
  size_t left = model.size();
  list.for_range(left - 1, left, End::kBack,
                 [&](Bytes element) { REQUIRE(element == model[--left]); });
  REQUIRE(left == 0);
}

/// One random change of both; the list is erased when it has become empty.
void change(Space& space, Model& model, Random& random, const ListLimit& limit, size_t longest,
            bool shrinking) {
  const std::string value = random_value(random, longest);
  const size_t at = model.empty() ? 0 : random.below(model.size());
  const auto place = model.begin() + static_cast<ptrdiff_t>(at);
  const uint64_t choice = random.below(shrinking ? 16 : 8);
  if (choice < 2 || model.empty()) {
    push(space, End::kFront, value, limit);
    model.push_front(value);
  } else if (choice < 4) {
    const std::string more = random_value(random, longest);
    const Bytes values[] = {value, more};
    space.list().push(End::kBack, values, limit);
    model.push_back(value);
    model.push_back(more);
  } else if (choice < 6) {
    const bool last = random.below(20) == 0;
    space.list().insert(last ? model.size() : at, value, limit);
    model.insert(last ? model.end() : place, value);
  } else if (choice == 6) {
    space.list().set(at, value, limit);
    *place = value;
  } else if (choice == 7) {
    const End from = random.below(2) == 0 ? End::kFront : End::kBack;
    const size_t max = random.below(4) == 0 ? SIZE_MAX : random.below(4);
    REQUIRE(space.list().erase_equal(value, max, from, limit) ==
            erase_equal(model, value, max, from));
  } else {
    const bool end = random.below(2) == 0;
    const size_t first = choice < 12 ? (end ? model.size() - 1 : 0) : at;
    const size_t count =
        1 + (choice == 15 ? random.below(model.size() - first)
                          : std::min<size_t>(random.below(3), model.size() - first - 1));
    space.list().erase(first, count, limit);
    const auto from = model.begin() + static_cast<ptrdiff_t>(first);
    model.erase(from, from + static_cast<ptrdiff_t>(count));
  }
  if (model.empty()) space.keys.erase(space.key);
}

}  // namespace

TEST_CASE("a list has what a deque has after the same random program, at every limit") {
  const int64_t setting = GENERATE(-2, -1, 1, 2, 3, 16, 100);
  Random random(GENERATE(1u, 2u));
  const size_t longest = setting < 0 ? 3000 : 300;
  Space space;
  Model model;
  int changes_of_form = 0;
  bool chunks = false;
  for (int round = 0; round < 16; ++round) {
    for (int i = 0; i < 400; ++i) {
      const ListLimit limit = ListLimit::of(random.below(1000) == 0 ? 5 : setting);
      change(space, model, random, limit, longest, round % 2 == 1);
      const bool now = !model.empty() && in_chunks(space);
      changes_of_form += now != chunks ? 1 : 0;
      chunks = now;
      if (i % 25 == 0) check_same(space, model);
      if (!model.empty()) {
        const size_t at = random.below(model.size());
        List(space.entry()).for_range(at, 1, End::kFront, [&](Bytes element) {
          REQUIRE(element == model[at]);
        });
      }
    }
    while (round % 4 == 3 && model.size() > 3) {
      change(space, model, random, ListLimit::of(setting), longest, true);
      chunks = !model.empty() && in_chunks(space);
    }
  }
  CHECK(changes_of_form > 1);
}

TEST_CASE("the memory of a list is counted as it is, and all of it is given back") {
  const int64_t setting = GENERATE(-2, 4);
  Random random(5);
  Space space;
  const size_t before = space.keys.memory_bytes();
  size_t bytes = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string value(random.below(200), 'v');
    bytes += value.size();
    push(space, random.below(2) == 0 ? End::kFront : End::kBack, value, ListLimit::of(setting));
  }
  const size_t full = space.keys.memory_bytes() - before;
  CHECK(full > bytes);
  CHECK(full < bytes + bytes / (setting < 0 ? 5 : 1));
  auto copy = Keyspace::copy_value(*space.entry());
  CHECK(copy.object->memory_bytes() > bytes);
  CHECK(copy.object->memory_bytes() < full + full / 10);
  SECTION("with the key") { space.keys.erase(space.key); }
  SECTION("element by element") {
    while (!space.list().empty()) {
      space.list().erase(random.below(2) == 0 ? 0 : space.list().size() - 1, 1,
                         ListLimit::of(setting));
    }
    space.keys.erase(space.key);
  }
  SECTION("at once") {
    space.list().erase(1, space.list().size() - 1, ListLimit::of(setting));
    CHECK_FALSE(space.garbage.empty());
    space.keys.erase(space.key);
  }
  SECTION("by moving the value away and back") {
    Value value = space.keys.take(space.key);
    CHECK(space.keys.size() == 0);
    space.keys.put(space.key, std::move(value), Keyspace::kNoExpiry);
    CHECK(space.keys.memory_bytes() > full / 2);
    space.keys.erase(space.key);
  }
  // What is left is the table's own.
  CHECK(space.keys.memory_bytes() - before < 1000);
}

TEST_CASE("a copy of a list is a list of its own") {
  Space space;
  Model model;
  for (int i = 0; i < 3000; ++i) {
    push(space, i % 2 == 0 ? End::kFront : End::kBack, "v" + std::to_string(i), ListLimit::of(-2));
  }
  model = contents(List(space.entry()));
  const Key other{"other", hash_bytes("other", space.secret)};
  space.keys.put(other, Keyspace::copy_value(*space.entry()), Keyspace::kNoExpiry);
  List copy(space.keys, other, space.keys.find(other));
  copy.erase(100, 2000, ListLimit::of(-2));
  CHECK(contents(List(space.entry())) == model);
  model.erase(model.begin() + 100, model.begin() + 2100);
  CHECK(contents(List(space.keys.find(other))) == model);
}

TEST_CASE("a list leaves the packed form when it passes the limit, and returns at half of it") {
  const ListLimit limit = ListLimit::of(8);
  Space space;
  for (int i = 0; i < 8; ++i) push(space, End::kBack, std::to_string(i), limit);
  CHECK(!in_chunks(space));
  push(space, End::kBack, "8", limit);
  CHECK(in_chunks(space));
  space.list().erase(0, 4, limit);
  CHECK(in_chunks(space));
  space.list().erase(0, 1, limit);
  CHECK(!in_chunks(space));
  CHECK(contents(space.list()) == Model{"5", "6", "7", "8"});
  push(space, End::kFront, std::string(9000, 'x'), limit);
  space.list().erase(1, 1, limit);
  CHECK(in_chunks(space));
  space.list().set(0, "small", limit);
  CHECK(!in_chunks(space));
  CHECK(contents(space.list()) == Model{"small", "6", "7", "8"});
}

TEST_CASE("an element beyond the limit does not keep its memory when it is replaced") {
  Space space;
  const ListLimit limit = ListLimit::of(-1);
  for (int i = 0; i < 1000; ++i) push(space, End::kBack, std::to_string(i) + "abcdefgh", limit);
  const size_t before = space.keys.memory_bytes();
  space.list().insert(500, std::string(5'000'000, 'x'), limit);
  CHECK(space.keys.memory_bytes() > before + 5'000'000);
  space.list().set(500, "small", limit);
  CHECK(space.keys.memory_bytes() < before + 5000);
  CHECK(space.list().size() == 1001);
}

TEST_CASE("a queue keeps its size whichever way it runs") {
  const End in = GENERATE(End::kFront, End::kBack);
  Space space;
  const ListLimit limit = ListLimit::of(-2);
  Model model;
  size_t most = 0;
  const size_t length = GENERATE(50, 140, 155, 165, 1000);
  for (size_t i = 0; i < length + 20000; ++i) {
    const std::string value = std::to_string(i) + std::string(50, 'q');
    push(space, in, value, limit);
    model.push_back(value);
    if (i < length) continue;
    space.list().erase(in == End::kFront ? length : 0, 1, limit);
    model.pop_front();
    most = std::max(most, space.keys.memory_bytes());
  }
  if (in == End::kFront) std::reverse(model.begin(), model.end());
  check_same(space, model);
  CHECK(most < length * 60 + 4 * 8192);
}
