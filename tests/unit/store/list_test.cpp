#include "store/list/list.h"

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
  list.for_each([&](Bytes element) {
    all.emplace_back(element);
    return Walk::kGoOn;
  });
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
  list.for_range(left - 1, left, End::kBack, [&](Bytes element) {
    REQUIRE(element == model[--left]);
    return Walk::kGoOn;
  });
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
  const int64_t depth = GENERATE(0, 1, 3);
  Random random(GENERATE(1u, 2u));
  const size_t longest = setting < 0 ? 3000 : 300;
  Space space;
  Model model;
  int changes_of_form = 0;
  bool chunks = false;
  for (int round = 0; round < 16; ++round) {
    for (int i = 0; i < 400; ++i) {
      const ListLimit limit = ListLimit::of(random.below(1000) == 0 ? 5 : setting, depth);
      change(space, model, random, limit, longest, round % 2 == 1);
      const bool now = !model.empty() && in_chunks(space);
      changes_of_form += now != chunks ? 1 : 0;
      chunks = now;
      if (i % 25 == 0) check_same(space, model);
      if (!model.empty()) {
        const size_t at = random.below(model.size());
        List(space.entry()).for_range(at, 1, End::kFront, [&](Bytes element) {
          REQUIRE(element == model[at]);
          return Walk::kGoOn;
        });
      }
    }
    while (round % 4 == 3 && model.size() > 3) {
      change(space, model, random, ListLimit::of(setting, depth), longest, true);
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
    std::string value(random.below(200), 'v');
    for (char& byte : value) byte = static_cast<char>(random());  // can not be compressed
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
    const Key aside{"aside", hash_bytes("aside", space.secret)};
    space.keys.move(space.key, space.keys, aside);
    CHECK(space.keys.find(space.key) == nullptr);
    space.keys.move(aside, space.keys, space.key);
    CHECK(space.keys.size() == 1);
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

namespace {

/// A list of `count` values that are much alike, and a deque with the same.
Model fill_alike(Space& space, End end, size_t count, const ListLimit& limit) {
  Model model;
  for (size_t i = 0; i < count; ++i) {
    const std::string value = "value:" + std::to_string(100'000'000 + i);
    push(space, end, value, limit);
    end == End::kBack ? model.push_back(value) : model.push_front(value);
  }
  return model;
}

}  // namespace

TEST_CASE("a long list of values that are alike takes less memory than they have bytes") {
  const End end = GENERATE(End::kFront, End::kBack);
  const ListLimit limit = ListLimit::of(-2);
  Space space;
  const size_t empty = space.keys.memory_bytes();
  Model model = fill_alike(space, end, 100'000, limit);
  CHECK(space.keys.memory_bytes() - empty < 100'000 * 15 / 2);
  check_same(space, model);
  Random random(1);
  for (int i = 0; i < 2000; ++i) {  // here and there, in both directions
    const size_t at = random.below(model.size());
    const End from = random.below(2) == 0 ? End::kFront : End::kBack;
    size_t seen = at;
    List(space.entry())
        .for_range(at, std::min<size_t>({600, at + 1, model.size() - at}), from,
                   [&](Bytes element) {
                     REQUIRE(element == model[seen]);
                     seen += from == End::kFront ? 1 : -size_t{1};
                     return Walk::kGoOn;
                   });
  }
  const Key other{"other", hash_bytes("other", space.secret)};
  space.keys.put(other, Keyspace::copy_value(*space.entry()), Keyspace::kNoExpiry);
  CHECK(contents(List(space.keys.find(other))) == model);
  space.keys.erase(other);
  const End popped = GENERATE(End::kFront, End::kBack);
  while (!model.empty()) {
    const bool front = popped == End::kFront;
    const size_t at = front ? 0 : model.size() - 1;
    space.list().for_range(at, 1, popped, [&](Bytes element) {
      if (element != model[at]) FAIL(element << " is not " << model[at]);
      return Walk::kGoOn;
    });
    if (model.size() != 1) space.list().erase(at, 1, limit);
    front ? model.pop_front() : model.pop_back();
  }
  space.keys.erase(space.key);
  CHECK(space.keys.memory_bytes() - empty < 1000);
}

TEST_CASE("a list is compressed as far from its ends as it is asked to be") {
  const size_t plain = 4 * 8192;
  const auto memory = [](int64_t depth) {
    Space space;
    fill_alike(space, End::kBack, 20'000, ListLimit::of(-2, depth));
    return space.keys.memory_bytes();
  };
  CHECK(memory(1) + plain < memory(4));
  CHECK(memory(4) + plain < memory(1000));
  CHECK(memory(0) < memory(1000));
}

TEST_CASE("what comes near an end is expanded, whether it was taken out one by one or at once") {
  const ListLimit limit = ListLimit::of(-2);
  constexpr size_t kSize = 100'000, kLeft = 5000, kBytes = 17;  // what is left: 12 chunks
  const size_t at_once = GENERATE(1u, 500u, 47'500u);
  Space space;
  fill_alike(space, End::kBack, kSize, limit);
  while (space.list().size() > kLeft) {  // from either end
    space.list().erase(0, at_once, limit);
    space.list().erase(space.list().size() - at_once, at_once, limit);
  }
  REQUIRE(space.list().size() == kLeft);
  CHECK(space.keys.memory_bytes() > kLeft * kBytes);
}

TEST_CASE("some elements of a long list are those of the model, wherever and however many") {
  const ListLimit limit = ListLimit::of(-2, 1);
  Space space;
  Model model;
  Random random(5);
  for (int i = 0; i < 20'000; ++i) {  // alike, and of very different sizes
    const size_t size = random.below(100) == 0 ? random.below(5000) : random.below(40);
    model.push_back(std::to_string(random.below(1000)) + std::string(size, 'v'));
    push(space, End::kBack, model.back(), limit);
  }
  REQUIRE(space.keys.memory_bytes() < space.list().size() * 20);  // most of it is compressed
  for (int i = 0; i < 20'000; ++i) {
    const End from = random.below(2) == 0 ? End::kFront : End::kBack;
    const bool front = from == End::kFront;
    const size_t first = random.below(model.size());
    const size_t most = front ? model.size() - first : first + 1;
    const size_t wanted = std::min(most, random.below(50) == 0 ? 2000 : 1 + random.below(20));
    size_t at = first, seen = 0;
    space.list().for_range(first, wanted, from, [&](Bytes element) {
      REQUIRE(element == model[at]);
      front ? ++at : --at;
      ++seen;
      return Walk::kGoOn;
    });
    REQUIRE(seen == wanted);
  }
}

TEST_CASE("a change in the middle of a long list has what the model has") {
  const ListLimit limit = ListLimit::of(-2, 1);
  Space space;
  Model model = fill_alike(space, End::kBack, 20'000, limit);
  Random random(2);
  for (int i = 0; i < 3000; ++i) {
    const std::string value = "value:" + std::to_string(100'000'000 + random.below(20'000));
    const size_t at = random.below(model.size());
    const auto place = model.begin() + static_cast<ptrdiff_t>(at);
    const size_t count = std::min<size_t>(random.below(i % 100 == 0 ? 2000 : 3), model.size() - at);
    switch (random.below(5)) {
      case 0:
        space.list().set(at, value, limit);
        *place = value;
        break;
      case 1:
        space.list().insert(at, value, limit);
        model.insert(place, value);
        break;
      case 2:
        space.list().erase(at, count, limit);
        model.erase(place, place + static_cast<ptrdiff_t>(count));
        break;
      case 3:
        REQUIRE(space.list().erase_equal(value, 2, End::kBack, limit) ==
                erase_equal(model, value, 2, End::kBack));
        break;
      default:  // what is compressed again
        for (int n = 0; n < 20; ++n) {
          push(space, End::kFront, value, limit);
          model.push_front(value);
        }
    }
    if (i % 100 == 0) check_same(space, model);
  }
  check_same(space, model);
}

TEST_CASE("a queue that is long keeps its size, and is compressed all the while") {
  const End in = GENERATE(End::kFront, End::kBack);
  constexpr size_t kLength = 30'000, kBytes = 17;
  Space space;
  const ListLimit limit = ListLimit::of(-2);
  Model model = fill_alike(space, in, kLength, limit);
  size_t most = 0;
  for (size_t i = 0; i < 2 * kLength; ++i) {
    const std::string value = "value:" + std::to_string(200'000'000 + i);
    push(space, in, value, limit);
    const bool front = in == End::kBack;
    space.list().erase(front ? 0 : kLength, 1, limit);
    if (front) {
      model.push_back(value);
      model.pop_front();
    } else {
      model.push_front(value);
      model.pop_back();
    }
    most = std::max(most, space.keys.memory_bytes());
  }
  check_same(space, model);
  CHECK(most < kLength * kBytes * 9 / 10);
}
