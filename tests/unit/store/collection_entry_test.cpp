// Collections as the keyspace keeps them: inside their entries, and as objects behind them.
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>

#include "base/memory.h"
#include "unit/store/space.h"

using namespace kevy;
using kevy::test::Space;

namespace {

// What the two tables of a keyspace may keep when the last key is gone.
constexpr size_t kEmptyTables = 2 * 4096;

// An object that says how much memory it takes, and tells when it is gone.
class Blob final : public Object {
 public:
  Blob(size_t size, int& living) : size_(size), living_(living) { ++living_; }
  ~Blob() override { --living_; }
  std::unique_ptr<Object> clone() const override { return std::make_unique<Blob>(size_, living_); }
  size_t memory_bytes() const noexcept override { return size_; }
  void resize(size_t size) { size_ = size; }

 private:
  size_t size_;
  int& living_;
};

struct Model {
  Type type;
  Encoding encoding;
  std::string bytes;
  uint32_t count;
  int64_t expires_at_ms;
};

std::string random_name(Random& random) {
  const size_t sizes[] = {0, 1, 9, 253, 254, 255, 256, 257, 70000};
  const uint64_t n = random.below(40);
  std::string name = std::to_string(n);
  name.resize(n < 9 ? sizes[n] : name.size(), 'k');
  return name;
}

std::string random_bytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

void check(const Entry* entry, Bytes name, const Model& model) {
  REQUIRE(entry != nullptr);
  REQUIRE(entry->key() == name);
  REQUIRE(entry->type() == model.type);
  REQUIRE(entry->encoding() == model.encoding);
  REQUIRE(entry->packed() == model.bytes);
  REQUIRE(entry->packed_count() == model.count);
  REQUIRE(entry->expires_at_ms() == model.expires_at_ms);
}

}  // namespace

TEST_CASE("a random program of splices leaves what it leaves in strings") {
  Random random(GENERATE(1u, 2u, 3u, 4u));
  Space space;
  std::map<std::string, Model> model;
  for (int i = 0; i < 20000; ++i) {
    const std::string name = random_name(random);
    const Key key = space.key(name);
    auto known = model.find(name);
    const uint64_t choice = random.below(20);
    if (known == model.end()) {
      const Type type = random.below(2) == 0 ? Type::kHash : Type::kSet;
      const Encoding encoding = random.below(2) == 0 ? Encoding::kPacked : Encoding::kIntset;
      const std::string bytes = random_bytes(random, random.below(2) == 0 ? 0 : random.below(99));
      model[name] = {type, encoding, bytes, bytes.empty() ? 0u : 7u, Keyspace::kNoExpiry};
      Entry* made = nullptr;
      if (bytes.empty()) {
        made = space.keys.make_packed(key, type, encoding);
      } else {
        char* start = space.keys.put_packed(made, key, type, encoding, bytes.size(), 7);
        std::memcpy(start, bytes.data(), bytes.size());
      }
      check(made, name, model[name]);
    } else if (choice < 14) {
      Model& now = known->second;
      const size_t at = random.below(now.bytes.size() + 1);
      const size_t most = choice == 0 ? now.bytes.size() : 40;
      const size_t erased = random.below(std::min(most, now.bytes.size() - at) + 1);
      const std::string inserted = random_bytes(random, random.below(choice == 1 ? 3000 : 40));
      const int counted = random.below(2) == 0 && now.count > 0 ? -1 : 1;
      Entry* entry = space.keys.find(key);
      char* gap = space.keys.splice(entry, key, at, erased, inserted.size(), counted);
      if (!inserted.empty()) std::memcpy(gap, inserted.data(), inserted.size());
      now.bytes.replace(at, erased, inserted);
      now.count += static_cast<uint32_t>(counted);
      REQUIRE(entry == space.keys.find(key));
      check(entry, name, now);
    } else if (choice < 17) {
      const int64_t expiry = random.below(2) == 0 ? Keyspace::kNoExpiry : 1000 + i;
      space.keys.set_expiry(space.keys.find(key), key.hash, expiry);
      known->second.expires_at_ms = expiry;
    } else if (choice == 17) {
      CHECK(space.keys.erase(key));
      model.erase(known);
    } else {
      const std::string other = random_name(random);
      Model moved = known->second;
      if (choice == 18) {
        moved.expires_at_ms = random.below(2) == 0 ? Keyspace::kNoExpiry : 5000 + i;
        Value copy = Keyspace::copy_value(*space.keys.find(key));
        check(space.keys.put(space.key(other), std::move(copy), moved.expires_at_ms), other, moved);
      } else if (other != name) {
        model.erase(known);
        check(space.keys.move(key, space.keys, space.key(other)), other, moved);
      }
      model[other] = moved;
    }
  }
  size_t with_expiry = 0;
  for (const auto& [name, now] : model) {
    check(space.keys.find(space.key(name)), name, now);
    with_expiry += now.expires_at_ms >= 0 ? 1 : 0;
  }
  CHECK(space.keys.size() == model.size());
  CHECK(space.keys.size_with_expiry() == with_expiry);
  for (const auto& [name, now] : model) CHECK(space.keys.erase(space.key(name)));
  CHECK(space.keys.memory_bytes() <= kEmptyTables);
}

TEST_CASE("memory counted is that of the entries, at every size and with and without expiry") {
  Space space;
  const int64_t expiry = GENERATE(int64_t{-1}, int64_t{5000});
  const std::string name(GENERATE(3, 300), 'k');
  const Key key = space.key(name);
  space.keys.set_string(space.key("other"), "v", 7);
  const size_t start = space.keys.memory_bytes();
  Entry* entry = space.keys.make_packed(key, Type::kList, Encoding::kPacked);
  entry = space.keys.set_expiry(entry, key.hash, expiry);
  const auto counted = [&] { return space.keys.memory_bytes() - start; };
  for (size_t size = 0; size < 2000; ++size) {
    *space.keys.splice(entry, key, size / 2, 0, 1, 1) = 'x';
    REQUIRE(counted() == allocated_bytes(entry));
    REQUIRE(counted() <= entry->size_bytes() / 16 * 22 + 64);
  }
  while (!entry->packed().empty()) {
    space.keys.splice(entry, key, entry->packed().size() / 2, 1, 0, -1);
    REQUIRE(counted() == allocated_bytes(entry));
  }
  CHECK(entry->packed_count() == 0);
  space.keys.erase(key);
  CHECK(counted() == 0);
}

TEST_CASE("the largest size and count of a packed collection are kept") {
  Space space;
  const Key key = space.key("k");
  Entry* entry = space.keys.make_packed(key, Type::kZset, Encoding::kPacked);
  char* all = space.keys.splice(entry, key, 0, 0, Keyspace::kPackedMax, 0xffffff);
  std::memset(all, 'x', Keyspace::kPackedMax);
  CHECK(entry->packed() == std::string(Keyspace::kPackedMax, 'x'));
  CHECK(entry->packed_count() == 0xffffff);
  space.keys.splice(entry, key, 10, Keyspace::kPackedMax - 10, 0, -0xfffffe);
  CHECK(entry->packed() == std::string(10, 'x'));
  CHECK(entry->packed_count() == 1);
  CHECK(space.keys.memory_bytes() <= kEmptyTables);
}

TEST_CASE("an object takes the place of whatever there was, and keeps the time to live") {
  int living = 0;
  Space space;
  const std::string name(GENERATE(3, 300), 'k');
  const Key key = space.key(name);
  const int64_t expiry = GENERATE(int64_t{-1}, int64_t{5000});
  SECTION("nothing") {}
  SECTION("an integer") { space.keys.set_integer(key, 5, expiry); }
  SECTION("a short string") { space.keys.set_string(key, "short", expiry); }
  SECTION("a block") { space.keys.set_string(key, std::string(500, 'v'), expiry); }
  SECTION("another object") {
    Value value;
    value.type = Type::kSet;
    value.encoding = Encoding::kObject;
    value.object = std::make_unique<Blob>(100'000, living);
    space.keys.put(key, std::move(value), expiry);
  }
  SECTION("a packed collection") {
    Entry* packed = space.keys.make_packed(key, Type::kHash, Encoding::kPacked);
    packed = space.keys.set_expiry(packed, key.hash, expiry);
    space.keys.splice(packed, key, 0, 0, 100, 1);
  }
  const bool there = space.keys.size() == 1;
  Entry* entry = space.keys.set_object(key, Type::kHash, std::make_unique<Blob>(1000, living));
  CHECK(entry == space.keys.find(key));
  CHECK(entry->key() == name);
  CHECK(entry->type() == Type::kHash);
  CHECK(entry->encoding() == Encoding::kObject);
  CHECK(entry->expires_at_ms() == (there ? expiry : Keyspace::kNoExpiry));
  CHECK(space.keys.size_with_expiry() == (there && expiry >= 0 ? 1 : 0));
  space.garbage.clear();
  CHECK(living == 1);
  entry = space.keys.set_expiry(entry, key.hash, 7000);
  CHECK(entry->expires_at_ms() == 7000);
  CHECK(entry->object()->memory_bytes() == 1000);
  space.keys.set_string(key, "text", Keyspace::kNoExpiry);
  CHECK(living == 0);
  CHECK(space.keys.find(key)->string() == "text");
  CHECK(space.keys.size_with_expiry() == 0);
}

TEST_CASE("what an object takes is counted as it changes, wherever it goes") {
  int living = 0;
  Space space, other;
  const Key key = space.key("k"), to = space.key("to");
  space.keys.set_string(space.key("stays"), "v", Keyspace::kNoExpiry);
  const size_t start = space.keys.memory_bytes();
  const auto counted = [&] { return space.keys.memory_bytes() - start; };
  Entry* entry = space.keys.set_object(key, Type::kSet, std::make_unique<Blob>(1000, living));
  CHECK(counted() == 1000 + allocated_bytes(entry));
  auto& blob = static_cast<Blob&>(space.keys.object_to_change(*entry, key.hash));
  for (const size_t size : {5000, 1'000'000, 20, 20, 70'000}) {
    blob.resize(size);
    space.keys.account(blob);
    CHECK(counted() == size + allocated_bytes(entry));
  }

  Value copy = Keyspace::copy_value(*entry);
  CHECK(copy.object.get() != &blob);
  CHECK(living == 2);
  Entry* copied = space.keys.put(to, std::move(copy), 9000);
  constexpr size_t kBucket = 64;  // of the table of keys that expire
  CHECK(counted() == 140'000 + allocated_bytes(entry) + allocated_bytes(copied) + kBucket);
  space.keys.erase(key);
  CHECK_FALSE(space.garbage.empty());  // too big to be freed under the lock
  space.garbage.clear();
  CHECK(living == 1);
  CHECK(space.keys.memory_bytes_of(*copied) > 70'000);

  Entry* there = space.keys.move(to, other.keys, other.key("k"));
  CHECK(space.keys.size_with_expiry() == 0);
  CHECK(other.keys.size_with_expiry() == 1);
  CHECK(there->type() == Type::kSet);
  CHECK(living == 1);
  CHECK(space.garbage.empty());
  CHECK(other.keys.memory_bytes() >= 70'000 + allocated_bytes(there));
  other.keys.erase(other.key("k"));
  CHECK(other.keys.memory_bytes() <= kEmptyTables);
  CHECK(counted() <= kEmptyTables);
}

TEST_CASE("a string that is too long to lie inside is put as a block") {
  Space space;
  const std::string text(GENERATE(192, 193, 255, 256, 300, 4000), 'v');
  Value value;
  value.inside = text;
  const Entry* entry = space.keys.put(space.key("k"), std::move(value), Keyspace::kNoExpiry);
  CHECK(entry->string() == text);
  CHECK(entry->encoding() == (text.size() <= 192 ? Encoding::kEmbedded : Encoding::kShared));
}

TEST_CASE("A collection that shrinks keeps its memory while half of it is used") {
  Space space;
  const Key key = space.key("k");
  Entry* entry = space.keys.make_packed(key, Type::kList, Encoding::kPacked);
  space.keys.splice(entry, key, 0, 0, 1000, 1);
  const Entry* const at_first = entry;
  const size_t full = space.keys.memory_bytes();
  space.keys.splice(entry, key, 0, 300, 0, 0);
  CHECK(entry == at_first);
  space.keys.splice(entry, key, 0, 0, 300, 0);
  CHECK(entry == at_first);
  CHECK(space.keys.memory_bytes() == full);
  space.keys.splice(entry, key, 0, 800, 0, 0);
  CHECK(space.keys.memory_bytes() < full - 700);
}

TEST_CASE("A list that grows by little takes new memory less often than it grows") {
  Space space;
  const Key key = space.key("k");
  Entry* entry = space.keys.make_packed(key, Type::kList, Encoding::kPacked);
  size_t memory = 0, changes = 0;
  for (uint32_t size = 0; size < 8000; size += 16) {
    space.keys.splice(entry, key, size, 0, 16, 1);
    changes += space.keys.memory_bytes() != memory ? 1 : 0;
    memory = space.keys.memory_bytes();
    REQUIRE(allocated_bytes(entry) <= (size + 16) * 3 / 2 + 64);
  }
  CHECK(changes < 30);
}

TEST_CASE("a collection that grows and shrinks by little keeps its block") {
  Space space;
  const Key key = space.key("k");
  Entry* entry = space.keys.make_packed(key, Type::kList, Encoding::kPacked);
  std::memset(space.keys.splice(entry, key, 0, 0, 100, 1), 'x', 100);
  std::memset(space.keys.splice(entry, key, 0, 0, 13, 1), 'x', 13);  // with room for more
  const Entry* const block = entry;
  for (int i = 0; i < 100; ++i) {
    space.keys.splice(entry, key, 0, 13, 0, -1);
    std::memset(space.keys.splice(entry, key, 0, 0, 13, 1), 'x', 13);
    REQUIRE(entry == block);
  }
}
