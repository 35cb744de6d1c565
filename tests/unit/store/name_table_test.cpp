#include "store/table/name_table.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

namespace {

/// Names of 16 bytes that std::hash does not tell apart, made as an attacker makes them: libstdc++'s
/// hash mixes in eight bytes at a time by steps that can be undone, so the second eight bytes can be
/// chosen to lead to any hash.
std::vector<std::string> colliding_names(size_t count) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995, kSeed = 0xc70f6907, kTarget = 12345;
  uint64_t inverse = kMultiplier;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kMultiplier * inverse;
  const auto shifted = [](uint64_t word) { return word ^ word >> 47; };  // undoes itself
  const auto mixed = [&](uint64_t word) { return shifted(word * kMultiplier) * kMultiplier; };
  const auto unmixed = [&](uint64_t word) { return shifted(word * inverse) * inverse; };
  std::vector<std::string> names;
  for (uint64_t first = 0; first < count; ++first) {
    const uint64_t state = ((kSeed ^ 16 * kMultiplier) ^ mixed(first)) * kMultiplier;
    const uint64_t words[] = {first, unmixed(state ^ kTarget * inverse)};
    names.emplace_back(reinterpret_cast<const char*>(words), sizeof words);
  }
  return names;
}

uint64_t public_hash(Bytes bytes, const HashSecret&) noexcept { return std::hash<Bytes>()(bytes); }

/// Counts how often its kind is compared with a name.
struct Counted {
  explicit Counted(Bytes text) : name(text) {}
  Bytes key() const noexcept {
    ++comparisons;
    return name;
  }
  std::string name;
  static inline size_t comparisons = 0;
};

/// How many comparisons it takes to look each name up, add it, and find it again.
template <KeyHash kHash>
size_t comparisons(const std::vector<std::string>& names) {
  std::vector<std::unique_ptr<Counted>> items;
  Table<Counted, kHash> table(HashSecret::process());
  const size_t before = Counted::comparisons;
  for (const std::string& name : names) {
    if (table.find(name)) FAIL("a name that nobody added");
    items.push_back(std::make_unique<Counted>(name));
    table.insert(items.back().get(), table.hash(name));
  }
  for (const std::string& name : names) REQUIRE(table.find(name));
  return Counted::comparisons - before;
}

}  // namespace

TEST_CASE("names that collide under a public hash are strewn by the keyed one") {
  constexpr size_t kNames = 4096;
  const std::vector<std::string> names = colliding_names(kNames);
  for (const std::string& name : names) {
    REQUIRE(std::hash<Bytes>()(name) == std::hash<Bytes>()(names[0]));
  }
  CHECK(comparisons<public_hash>(names) > kNames * kNames / 2);
  // A find each, and the hashing of what splits move.
  CHECK(comparisons<hash_bytes>(names) < 8 * kNames);
}

TEST_CASE("a table of names keeps its values in place and forgets what is erased") {
  NameTable<int> table;
  std::map<std::string, int*> model;
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = std::to_string(random.below(500));
    const uint64_t hash = table.hash(name);
    if (random.below(3) != 0) {
      int& value = table.find_or_make(name, hash);
      const auto [at, is_new] = model.emplace(name, &value);
      if (is_new) value = std::stoi(name);
      REQUIRE(at->second == &value);
      REQUIRE(value == std::stoi(name));
    } else if (model.erase(name) != 0) {
      table.erase(name, hash);
      REQUIRE(table.find(name) == nullptr);
    }
    REQUIRE(table.size() == model.size());
  }
  size_t seen = 0;
  table.for_each([&](Bytes name, int& value) { seen += model.at(std::string(name)) == &value; });
  CHECK(seen == model.size());
}
