#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "command/string/value.h"
#include "unit/store/space.h"

using namespace kevy;

namespace {

struct Space : test::Space {
  std::string get(Bytes name) const { return std::string(StringText(keys.find(key(name))).bytes()); }
};

std::string random_key(Random& random) {
  const size_t sizes[] = {0, 1, 3, 254, 255, 256, 70000};
  const uint64_t n = random.below(600);
  std::string key = std::to_string(n);
  key.resize(n < 7 ? sizes[n] : key.size(), 'x');
  return key;
}

}  // namespace

TEST_CASE("a random program of changes leaves what it leaves in a map") {
  Random random(GENERATE(1u, 2u, 3u));
  Space space;
  std::map<std::string, std::pair<std::string, int64_t>> model;
  for (int i = 0; i < 40000; ++i) {
    const std::string name = random_key(random);
    const Key key = space.key(name);
    const int64_t expiry = random.below(2) == 0 ? Keyspace::kNoExpiry : 1000 + i;
    const auto known = model.find(name);
    switch (random.below(6)) {
      case 0:
      case 1: {
        std::string value(random.below(400), 'v');
        if (random.below(3) == 0) value = std::to_string(random() >> 40);
        space.keys.set_string(key, value, expiry);
        model[name] = {value, expiry};
        break;
      }
      case 2:
        CHECK(space.keys.erase(key) == (model.erase(name) == 1));
        break;
      case 3: {
        const size_t before = known == model.end() ? 0 : known->second.first.size();
        const size_t size = before + random.below(300);
        char* bytes = space.keys.grow_string(key, size);
        std::string wanted = known == model.end() ? "" : known->second.first;
        wanted.resize(size, '\0');
        REQUIRE(std::string(bytes, size) == wanted);
        model[name] = {wanted, known == model.end() ? Keyspace::kNoExpiry : known->second.second};
        break;
      }
      case 4:
        if (known == model.end()) break;
        space.keys.set_expiry(space.keys.find(key), key.hash, expiry);
        known->second.second = expiry;
        break;
      default:
        if (known == model.end()) break;
        REQUIRE(space.get(name) == known->second.first);
    }
  }
  size_t with_expiry = 0, walked = 0;
  for (const auto& [name, value] : model) {
    const Entry* entry = space.keys.find(space.key(name));
    REQUIRE(entry != nullptr);
    CHECK(entry->key() == name);
    CHECK(space.get(name) == value.first);
    CHECK(entry->expires_at_ms() == value.second);
    with_expiry += value.second >= 0 ? 1 : 0;
  }
  space.keys.for_each([&](Entry&) {
    ++walked;
    return Walk::kGoOn;
  });
  CHECK(walked == model.size());
  CHECK(space.keys.size() == model.size());
  CHECK(space.keys.size_with_expiry() == with_expiry);
}

TEST_CASE("B20 a full scan returns every key that stays, whatever is added and removed meanwhile") {
  Random random(7);
  Space space;
  for (int i = 0; i < 2000; ++i) {
    space.keys.set_string(space.key("stays" + std::to_string(i)), "v", Keyspace::kNoExpiry);
  }
  const bool growing = GENERATE(true, false);
  int others = growing ? 0 : 30000;
  for (int i = 0; i < others; ++i) {
    space.keys.set_string(space.key("other" + std::to_string(i)), "v", Keyspace::kNoExpiry);
  }
  std::set<std::string> seen;
  uint64_t cursor = 0;
  int steps = 0;
  do {
    cursor = space.keys.scan(cursor, 10, [&](Entry& entry) { seen.emplace(entry.key()); });
    for (int i = 0; i < 100; ++i) {
      if (growing) {
        space.keys.set_string(space.key("other" + std::to_string(others++)), "v",
                              Keyspace::kNoExpiry);
      } else if (others > 0) {
        space.keys.erase(space.key("other" + std::to_string(--others)));
      }
    }
    REQUIRE(++steps < 100000);
  } while (cursor != 0);
  for (int i = 0; i < 2000; ++i) REQUIRE(seen.count("stays" + std::to_string(i)) == 1);
}

TEST_CASE("any cursor is safe") {
  Random random(9);
  Space space;
  for (int i = 0; i < 100; ++i) {
    space.keys.set_string(space.key(std::to_string(i)), "v", Keyspace::kNoExpiry);
  }
  for (int i = 0; i < 1000; ++i) space.keys.scan(random(), 10, [](Entry&) {});
  SUCCEED();
}

TEST_CASE("random picks every key with the same chance") {
  Random random(11);
  Space space;
  constexpr int kKeys = 50, kPicks = 50000;
  for (int i = 0; i < kKeys; ++i) {
    space.keys.set_string(space.key(std::to_string(i)), "v", Keyspace::kNoExpiry);
  }
  std::map<std::string, int> picks;
  for (int i = 0; i < kPicks; ++i) ++picks[std::string(space.keys.random(random)->key())];
  double chi_square = 0;
  for (int i = 0; i < kKeys; ++i) {
    const double difference = picks[std::to_string(i)] - kPicks / kKeys;
    chi_square += difference * difference / (kPicks / kKeys);
  }
  CHECK(chi_square < 100);  // 49 degrees of freedom: above that once in 40,000 runs
}

TEST_CASE("memory of values is given back when the keys go") {
  Space space;
  const auto fill = [&] {
    for (int i = 0; i < 1000; ++i) {
      space.keys.set_string(space.key(std::to_string(i)), std::string(300, 'v'), 5);
    }
  };
  fill();
  const size_t full = space.keys.memory_bytes();
  CHECK(full > 300 * 1000);
  for (int i = 0; i < 1000; ++i) space.keys.erase(space.key(std::to_string(i)));
  CHECK(space.keys.memory_bytes() < full / 20);
}

TEST_CASE("a block is overwritten where it is, unless a reply holds it or it is too large") {
  Space space;
  const Key key = space.key("k");
  const auto text = [](char c, size_t size) { return std::string(size, c); };
  Entry* entry = space.keys.set_string(key, text('a', 20'000), Keyspace::kNoExpiry);
  const SharedBytes::Block* const block = entry->shared();
  CHECK(space.keys.overwrite(*entry, text('b', 19'000), Keyspace::kNoExpiry));
  CHECK(entry->shared() == block);
  CHECK(space.get("k") == text('b', 19'000));
  CHECK_FALSE(space.keys.overwrite(*entry, text('c', 2'000), Keyspace::kNoExpiry));
  CHECK_FALSE(space.keys.overwrite(*entry, text('c', 20'001), Keyspace::kNoExpiry));
  CHECK_FALSE(space.keys.overwrite(*entry, text('c', 20'000), 1'000));
  {
    const SharedBytes reply = SharedBytes::share(entry->shared());
    CHECK_FALSE(space.keys.overwrite(*entry, text('c', 20'000), Keyspace::kNoExpiry));
    CHECK(reply.bytes() == text('b', 19'000));
  }
  CHECK(space.keys.overwrite(*entry, text('d', 20'000), Keyspace::kNoExpiry));
  CHECK(space.get("k") == text('d', 20'000));
}
