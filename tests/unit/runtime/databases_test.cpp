// The databases of a shard: what was never used is not there, and does not come to be by reading.
#include "runtime/shard/databases.h"

#include <catch2/catch.hpp>
#include <vector>

#include "runtime/shard/shard.h"

using namespace kevy;

namespace {

struct OpenShard : Shard {
  OpenShard() { spans = &pool; }
  ~OpenShard() {
    databases.for_each([&](size_t database, Keyspace&) { databases.take(database); });
  }
  SpanPool pool;
};

Key key_named(Bytes name) { return {name, hash_bytes(name, HashSecret::process())}; }

std::vector<size_t> walked(Shard& shard) {
  std::vector<size_t> numbers;
  shard.databases.for_each([&](size_t database, Keyspace&) { numbers.push_back(database); });
  return numbers;
}

}  // namespace

TEST_CASE("only the databases that were used are walked") {
  OpenShard shard;
  CHECK(walked(shard).empty());
  const std::vector<size_t> used{0, 3, 15, 16, 700, 65'535};
  for (const size_t database : {700, 3, 65'535, 16, 0, 15}) {
    shard.keyspace(static_cast<size_t>(database)).set_integer(key_named("k"), database, -1);
  }
  CHECK(walked(shard) == used);
  for (const size_t database : used) {
    REQUIRE(shard.databases.find(database)->find(key_named("k"))->integer() ==
            static_cast<int64_t>(database));
  }
  for (const size_t database : {1u, 14u, 17u, 699u, 65'534u}) {
    CHECK(shard.databases.find(database) == nullptr);
  }
  CHECK(shard.databases.next(4).first == 15);
  CHECK(shard.databases.next(17).first == 700);
  CHECK(shard.databases.next(65'536).second == nullptr);
  CHECK(shard.databases.take(700) != nullptr);
  CHECK(shard.databases.take(700) == nullptr);
  CHECK(shard.databases.take(2) == nullptr);
  CHECK(walked(shard) == std::vector<size_t>{0, 3, 15, 16, 65'535});
}

TEST_CASE("databases change places, near and far") {
  OpenShard shard;
  for (const auto& [a, b] : {std::pair<size_t, size_t>{1, 2}, {3, 300}, {400, 500}}) {
    shard.keyspace(a).set_integer(key_named("k"), 1, -1);
    shard.keyspace(b).set_integer(key_named("k"), 2, -1);
    shard.databases.swap(a, b);
    CHECK(shard.databases.find(a)->find(key_named("k"))->integer() == 2);
    CHECK(shard.databases.find(b)->find(key_named("k"))->integer() == 1);
  }
  shard.databases.swap(600, 5);  // neither is there
  CHECK(shard.databases.find(600) == nullptr);
}

TEST_CASE("databases that became empty are dropped when they are many") {
  OpenShard shard;
  for (size_t database = 0; database < 5'000; ++database) {
    Keyspace& keyspace = shard.keyspace(database);
    if (database % 100 == 0) keyspace.set_integer(key_named("k"), 1, -1);
    if (shard.databases.crowded()) {
      REQUIRE_FALSE(shard.garbage.empty());  // so that whoever gives the shard back looks
      shard.databases.drop_empty();
    }
    REQUIRE(walked(shard).size() <= 16 + 2 * (database / 100 + 1) + 17);
  }
  for (size_t database = 0; database < 5'000; database += 100) {
    REQUIRE(shard.databases.find(database)->size() == 1);
  }
}
