#include "store/table/slab.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/random.h"

using namespace kevy;

namespace {

/// A byte of length, and so many bytes.
class Item {
 public:
  static size_t size(Bytes bytes) { return 1 + (bytes.size() < 0x80 ? 0 : 4) + bytes.size(); }
  static Item* write(void* at, Bytes bytes) {
    char* to = static_cast<char*>(at);
    *to = static_cast<char>(bytes.size() < 0x80 ? bytes.size() : 0x80);
    const auto size = static_cast<uint32_t>(bytes.size());
    if (bytes.size() >= 0x80) std::memcpy(to + 1, &size, 4);
    std::memcpy(to + Item::size(bytes) - bytes.size(), bytes.data(), bytes.size());
    return static_cast<Item*>(at);
  }
  Bytes key() const {
    const char* at = reinterpret_cast<const char*>(this);
    if (static_cast<uint8_t>(*at) < 0x80) return {at + 1, static_cast<uint8_t>(*at)};
    uint32_t size;
    std::memcpy(&size, at + 1, 4);
    return {at + 5, size};
  }
  size_t memory_size() const { return size(key()); }
};

/// Items in a slab, found through a table, and a model that says which there must be.
struct Space {
  ~Space() { slab.release_all(items); }

  void add(const std::string& name) {
    if (!model.emplace(name, true).second) return;
    Item* item = Item::write(slab.allocate(Item::size(name)), name);
    items.insert(item, items.hash(name));
    bytes += Slab::capacity(Item::size(name));
    slab.grew(items, [this](void* copy) { moved(copy); });
  }
  void erase(std::string name) {
    if (model.erase(name) == 0) return;
    const uint64_t hash = items.hash(name);
    const auto slot = items.find(name, hash);
    REQUIRE(slot);
    Item* item = slot.item();
    items.erase(slot, hash);
    bytes -= Slab::capacity(Item::size(name));
    const size_t before = moves;
    slab.release(item, item->memory_size(), [this](void* copy) { moved(copy); });
    REQUIRE(moves - before <= 16);
  }
  void moved(void* copy) {
    auto* item = static_cast<Item*>(copy);
    auto slot = items.find(item->key());
    REQUIRE(slot);
    REQUIRE(slot.item() != item);
    slot.replace(item);
    ++moves;
  }
  void check() const {
    REQUIRE(items.size() == model.size());
    size_t found = 0;
    items.for_each([&](const Item& item) {
      found += model.count(std::string(item.key()));
      return Walk::kGoOn;
    });
    REQUIRE(found == model.size());
  }

  Slab slab;
  Table<Item> items{HashSecret::process()};
  std::map<std::string, bool> model;
  size_t bytes = 0;  // of what is there
  size_t moves = 0;
};

std::string name_of(uint64_t number, size_t size) {
  std::string name = std::to_string(number);
  if (name.size() < size) name.insert(0, size - name.size(), 'x');
  return name;
}

}  // namespace

TEST_CASE("what lies in a slab stays what it is, whatever comes and goes") {
  Random random(GENERATE(1u, 2u, 3u));
  const uint64_t names = GENERATE(200u, 2000u, 10'000u);
  Space space;
  bool grows = true;
  for (int i = 0; i < 100000; ++i) {
    if (i % 20000 == 0) grows = !grows || i == 0;
    const uint64_t number = random.below(names);
    // Lengths at which sizes change, and one in sixteen too long for a chunk.
    const std::string name = name_of(number, number % 16 == 0 ? 150 : 4 + number % 9 * 15);
    if (random.below(8) < (grows ? 7u : 1u)) {
      space.add(name);
    } else {
      space.erase(name);
    }
    if (i % 1000 == 0) space.check();
  }
  space.check();
  while (!space.model.empty()) space.erase(space.model.begin()->first);
  CHECK(space.slab.memory_bytes() <= 1024);  // what tells the sizes apart
}

TEST_CASE("a slab gives memory back when most blocks are released, in whatever order") {
  constexpr uint64_t kNames = 100'000;
  const uint64_t step = GENERATE(1u, 7919u, 99'999u);  // upwards, scattered, downwards
  Space space;
  for (uint64_t i = 0; i < kNames; ++i) space.add(name_of(i, 7));
  const size_t full = space.slab.memory_bytes();
  CHECK(full < kNames * 8 * 105 / 100);
  for (uint64_t i = 0; i < kNames; ++i) {
    space.erase(name_of(i * step % kNames, 7));
    // A quarter is allowed to be in use, and what is released while holes are closed.
    if (space.bytes > 8192) REQUIRE(space.slab.memory_bytes() < 6 * space.bytes);
  }
  space.check();
  CHECK(space.slab.memory_bytes() < 8192);
  CHECK(space.moves < kNames / 2);
}

TEST_CASE("a released block is there for the next of its size") {
  Space space;
  for (uint64_t i = 0; i < 1000; ++i) space.add(name_of(i, 20));
  const size_t before = space.slab.memory_bytes();
  for (uint64_t round = 1; round < 20; ++round) {
    for (uint64_t i = 0; i < 700; ++i) space.erase(name_of(i + (round - 1) * 1000, 20));
    for (uint64_t i = 0; i < 700; ++i) space.add(name_of(i + round * 1000, 20));
    for (uint64_t i = 700; i < 1000; ++i) space.erase(name_of(i + (round - 1) * 1000, 20));
    for (uint64_t i = 700; i < 1000; ++i) space.add(name_of(i + round * 1000, 20));
    REQUIRE(space.slab.memory_bytes() == before);
  }
  CHECK(space.moves <= 300);  // into the chunks
}

TEST_CASE("few blocks cost no more than malloc's") {
  Space space;
  for (uint64_t i = 0; i < 256; ++i) space.add(name_of(i, 20));
  CHECK(space.slab.memory_bytes() < 256 * 48);
  CHECK(space.moves == 0);
}
