// Views of a list in chunks show what it had when they were opened, in order, whatever changes it;
// what they keep for that is freed; and the list is what it would be without them.
#include "store/list/list_view.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/list/list.h"
#include "store/list/list_pieces.h"
#include "unit/store/big_images.h"
#include "unit/store/failing_memory.h"
#include "unit/store/space.h"

using namespace kevy;
using namespace kevy::test;

namespace {

using Model = std::deque<std::string>;

struct ListSpace : Space {
  Key key{"list", hash_bytes("list", secret)};

  Entry* entry() const { return keys.find(key); }
  List list() { return {keys, key, entry()}; }
  bool in_chunks() const {
    return entry() != nullptr && entry()->encoding() == Encoding::kObject;
  }
  ListChunks& chunks() { return static_cast<ListChunks&>(keys.object_to_change(*entry(), key.hash)); }
  Model contents() {
    Model all;
    if (entry() == nullptr) return all;
    list().for_each([&](Bytes element) {
      all.emplace_back(element);
      return Walk::kGoOn;
    });
    return all;
  }
};

std::string value_of(Random& random, size_t longest) {
  if (random.below(3) == 0) return std::to_string(random.below(9));
  if (random.below(3) == 0) return std::string(random.below(longest), 'v');
  return "element:" + std::to_string(random.below(100'000));
}

void push(ListSpace& space, Model& model, Random& random, const ListLimit& limit, size_t longest) {
  const std::string first = value_of(random, longest), second = value_of(random, longest);
  const Bytes values[] = {first, second};
  const End end = random.below(2) == 0 ? End::kFront : End::kBack;
  space.list().push(end, values, limit);
  for (const Bytes value : values) {
    end == End::kFront ? model.emplace_front(value) : model.emplace_back(value);
  }
}

/// One change, of any kind.
void change(ListSpace& space, Model& model, Random& random, const ListLimit& limit,
            size_t longest) {
  if (model.size() < 3 || random.below(3) == 0) return push(space, model, random, limit, longest);
  const size_t at = random.below(model.size());
  const auto place = model.begin() + static_cast<ptrdiff_t>(at);
  const std::string value = value_of(random, longest);
  const End end = random.below(2) == 0 ? End::kFront : End::kBack;
  switch (random.below(9)) {
    case 0:
      space.list().insert(at, value, limit);
      model.insert(place, value);
      break;
    case 1:
      space.list().set(at, value, limit);
      *place = value;
      break;
    case 2: {
      const std::string equal = random.below(2) == 0 ? *place : value;
      space.list().erase_equal(equal, SIZE_MAX, end, limit);
      model.erase(std::remove(model.begin(), model.end(), equal), model.end());
      break;
    }
    case 3:
      space.list().rotate(end, limit);
      if (end == End::kFront) {
        model.push_back(model.front());
        model.pop_front();
      } else {
        model.push_front(model.back());
        model.pop_back();
      }
      break;
    case 4: {
      const size_t count = std::min(model.size() - at, random.below(random.below(9) == 0 ? 2000 : 9));
      space.list().erase(at, count, limit);
      model.erase(place, place + static_cast<ptrdiff_t>(count));
      break;
    }
    case 5:
      if (random.below(90) != 0) break;
      space.keys.erase(space.key);
      model.clear();
      return;
    default: {  // pops
      const size_t first = end == End::kFront ? 0 : model.size() - 1;
      space.list().prepare_erase(first);
      space.list().erase(first, 1, limit);
      end == End::kFront ? model.pop_front() : model.pop_back();
    }
  }
  if (model.empty()) space.keys.erase(space.key);
}

/// A view that is walked bit by bit, and what it is to show.
struct Walked {
  std::unique_ptr<ObjectView> view;
  Model expected;
  Model shown;
  size_t pieces = 0;
  bool more = true;

  void walk(uint64_t chunks) {
    ElementImages images;
    view->walk(images, chunks);
    std::string expanded;
    images.for_each<ListImage>([&](const ListImage& image, int64_t) {
      for_each_list_piece(image.run(expanded), [&](const ListRun& piece) {
        ++pieces;
        CHECK((piece.bytes.size() <= kListPieceMost || piece.count == 1));
        size_t count = 0;
        for_each_element(piece, [&](Bytes element) {
          shown.emplace_back(element);
          ++count;
        });
        CHECK(count == piece.count);
      });
    });
    more = !view->done();
  }
  void close() { view->close(); }
};

}  // namespace

TEST_CASE("views of a list show what it had when they were opened") {
  Random random(GENERATE(1u, 2u, 3u));
  struct Kind {
    ListLimit limit;
    size_t longest;
  };
  const Kind kind = GENERATE(Kind{ListLimit::of(-2), 60}, Kind{ListLimit::of(-1, 1), 200},
                             Kind{ListLimit::of(3, 1), 60}, Kind{ListLimit::of(-5, 2), 20'000},
                             Kind{{200, SIZE_MAX, 2}, 60});
  ListSpace space;
  Model model;
  std::deque<Walked> open;
  size_t opened = 0, shown = 0, closed_early = 0;
  for (int round = 0; round < 6000; ++round) {
    const bool grows = round / 1000 % 2 == 0;
    grows ? push(space, model, random, kind.limit, kind.longest)
          : change(space, model, random, kind.limit, kind.longest);
    if (random.below(40) == 0 && open.size() < 4 && space.in_chunks()) {
      auto view = space.chunks().view(1);
      REQUIRE(view != nullptr);
      open.push_back({std::move(view), model, {}, 0, true});
      ++opened;
    }
    for (size_t i = 0; i < open.size(); ++i) {
      Walked& one = open[i];
      one.walk(random.below(4));
      const bool early = random.below(80) == 0;
      if (one.more && !early) continue;
      CHECK_FALSE(one.view->failed());
      if (one.more) {
        ++closed_early;
      } else {
        ++shown;
        REQUIRE(one.shown == one.expected);
        CHECK(one.pieces == one.view->size());
      }
      one.close();
      open.erase(open.begin() + static_cast<ptrdiff_t>(i--));
    }
    if (round % 100 == 0) REQUIRE(space.contents() == model);
  }
  CHECK(opened > 50);
  CHECK(shown > 20);
  CHECK(closed_early > 0);
  for (Walked& one : open) one.close();
  space.keys.erase(space.key);
  space.garbage.clear();
  CHECK(space.keys.memory_bytes() <= 2 * 4096);
}

TEST_CASE("a list that is let go of before its views are walked is theirs") {
  Random random(5);
  ListSpace space;
  Model model;
  while (model.size() < 5000) push(space, model, random, ListLimit::of(-1, 1), 60);
  Walked first{space.chunks().view(1), model, {}, 0, true};
  Walked second{space.chunks().view(1), model, {}, 0, true};
  first.walk(7);
  space.keys.erase(space.key);
  CHECK(space.garbage.empty());
  while (first.more) first.walk(3);
  CHECK(first.shown == model);
  CHECK(first.view->close() == nullptr);
  while (second.more) second.walk(5);
  CHECK(second.shown == model);
  CHECK(second.view->close() != nullptr);
}

TEST_CASE("a list that is no more before its views are walked has left all to them") {
  Random random(6);
  Model model;
  std::vector<Walked> open;
  {
    ListSpace space;
    while (model.size() < 3000) push(space, model, random, ListLimit::of(-2), 60);
    for (int i = 0; i < 3; ++i) open.push_back({space.chunks().view(1), model, {}, 0, true});
    open[0].walk(2);
  }
  for (size_t i = 0; i < 2; ++i) {
    while (open[i].more) open[i].walk(4);
    CHECK(open[i].shown == model);
  }
}

TEST_CASE("a list takes memory for a view where it is changed, and a small list has none") {
  Random random(7);
  ListSpace space;
  Model model;
  const ListLimit limit = ListLimit::of(-2);
  const Bytes few[] = {"a", "b"};
  const auto small = std::make_unique<ListChunks>();
  small->push(End::kBack, few, limit);
  CHECK(small->view(3) == nullptr);
  while (model.size() < 20'000) push(space, model, random, limit, 60);
  const size_t before = space.keys.memory_bytes();
  auto view = space.chunks().view(100'000);
  REQUIRE(view != nullptr);
  CHECK(view->kept_bytes() == 0);
  space.list().set(10'000, "x", limit);
  const size_t kept = view->kept_bytes();
  CHECK(kept > 0);
  CHECK(kept <= 3 * 8192);
  space.list().set(10'000, "y", limit);
  CHECK(view->kept_bytes() == kept);
  CHECK(space.keys.memory_bytes() <= before + size_t{2} * 8192);
  ElementImages images;
  view->walk(images, 1);
  CHECK(view->kept_bytes() == 0);
  view->close();
}

TEST_CASE("a list that finds no memory to keep its chunks changes all the same, and its views fail") {
  if (!kMemoryFails) return;
  Random random(GENERATE(1u, 2u));
  ListSpace space;
  Model model;
  const ListLimit limit = ListLimit::of(-1, 1);
  while (model.size() < 4000) push(space, model, random, limit, 60);
  std::deque<Walked> open;
  size_t failed = 0;
  for (int round = 0; round < 3000; ++round) {
    if (open.size() < 2) {
      std::unique_ptr<ObjectView> view;
      if (!runs_with(static_cast<int>(random.below(4)), [&] { view = space.chunks().view(1); })) {
        continue;
      }
      open.push_back({std::move(view), model, {}, 0, true});
    }
    const size_t at = random.below(model.size());
    const std::string value = value_of(random, 60);
    const bool sets = random.below(2) == 0;
    const auto set_or_erase = [&] {
      sets ? space.list().set(at, value, limit) : space.list().erase(at, 1, limit);
    };
    if (runs_with(static_cast<int>(random.below(4)), set_or_erase)) {
      if (sets) {
        model[at] = value;
      } else {
        model.erase(model.begin() + static_cast<ptrdiff_t>(at));
      }
    }
    push(space, model, random, limit, 60);
    for (size_t i = 0; i < open.size(); ++i) {
      Walked& one = open[i];
      if (!one.view->failed()) one.walk(random.below(3));
      failed += one.view->failed() ? 1 : 0;
      if (one.more && !one.view->failed()) continue;
      if (!one.view->failed()) CHECK(one.shown == one.expected);
      one.close();
      open.erase(open.begin() + static_cast<ptrdiff_t>(i--));
    }
    if (round % 100 == 0) REQUIRE(space.contents() == model);
  }
  CHECK(failed > 100);
  for (Walked& one : open) one.close();
}

TEST_CASE("a run of elements is cut into as many pieces as were told before it was looked at") {
  Random random(9);
  size_t several = 0;
  for (int round = 0; round < 600; ++round) {
    const size_t most = 1 + random.below(70'000);
    const size_t longest = 1 + random.below(random.below(2) == 0 ? 40 : 20'000);
    std::string bytes;
    size_t count = 0;
    do {
      const std::string value(random.below(longest), 'x');
      const ListElement element(value);
      bytes.resize(bytes.size() + element.size());
      element.write(bytes.data() + bytes.size() - element.size());
      ++count;
    } while (bytes.size() < most);
    size_t pieces = 0, elements = 0;
    std::string all;
    for_each_list_piece({bytes, count}, [&](const ListRun& piece) {
      REQUIRE(piece.count != 0);
      if (piece.count != 1) REQUIRE(piece.bytes.size() <= kListPieceMost);
      ++pieces;
      elements += piece.count;
      all += piece.bytes;
    });
    REQUIRE(pieces == list_pieces(bytes.size(), count));
    REQUIRE(elements == count);
    REQUIRE(all == bytes);
    several += pieces > 1 ? 1 : 0;
  }
  CHECK(several > 100);
}
