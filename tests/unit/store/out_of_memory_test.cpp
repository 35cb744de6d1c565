// What finds no memory throws and has changed nothing: every allocation of a random program may
// fail. Takes the place of the C library's malloc, so it is left out where a sanitizer does that.
#if !defined(KEVY_SANITIZED)

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>

#include "command/string/value.h"
#include "store/hash/hash.h"
#include "store/list/list.h"
#include "store/set/set_object.h"
#include "store/sorted_set/sorted_set_object.h"
#include "unit/store/failing_memory.h"
#include "unit/store/space.h"

extern "C" void* __libc_malloc(size_t size);
extern "C" void* __libc_realloc(void* memory, size_t size);
extern "C" void* __libc_memalign(size_t alignment, size_t size);

namespace {

using kevy::test::allocations_left;
using kevy::test::allocations_refused;
using kevy::test::runs_with;

bool refuses() noexcept {
  if (allocations_left < 0) return false;
  if (allocations_left == 0) {
    ++allocations_refused;
    errno = ENOMEM;
    return true;
  }
  --allocations_left;
  return false;
}

}  // namespace

extern "C" void* malloc(size_t size) { return refuses() ? nullptr : __libc_malloc(size); }
extern "C" void* realloc(void* memory, size_t size) {
  return refuses() ? nullptr : __libc_realloc(memory, size);
}
extern "C" void* aligned_alloc(size_t alignment, size_t size) {
  return refuses() ? nullptr : __libc_memalign(alignment, size);
}

namespace {

using namespace kevy;

struct Held {
  std::string text;                           // of a string
  std::map<std::string, std::string> fields;  // of a hash
  int64_t expires_at_ms = -1;

  bool operator==(const Held&) const = default;
};

struct Space : test::Space {
  Held held(Bytes name) const {
    const Entry* entry = keys.find(key(name));
    Held now;
    if (entry == nullptr) return now;
    now.expires_at_ms = entry->expires_at_ms();
    if (entry->is_string()) {
      now.text = StringText(entry).bytes();
    } else {
      Hash(entry).for_each([&](Bytes field, Bytes value) {
        now.fields.emplace(field, value);
        return Walk::kGoOn;
      });
    }
    return now;
  }
};

}  // namespace

TEST_CASE("a change that finds no memory has changed nothing") {
  Random random(GENERATE(1u, 2u, 3u, 4u));
  constexpr Hash::Limits kLimits{8, 100};
  Space space;
  std::map<std::string, Held> model;
  int failed = 0;
  allocations_refused = 0;
  for (int i = 0; i < 60000; ++i) {
    const uint64_t number = random.below(random.below(4) == 0 ? 3000 : 10);
    const std::string name = (number % 2 == 0 ? "string" : "hash") + std::to_string(number);
    const std::string text(random.below(300), 'v');
    const std::string field = std::to_string(random.below(12));
    const int64_t expiry = random.below(2) == 0 ? -1 : 1000 + i;
    const Key key = space.key(name);
    const auto known = model.find(name);
    Entry* entry = space.keys.find(key);
    Held next = known == model.end() ? Held() : known->second;
    const uint64_t choice = random.below(8);
    const auto change = [&] {
      if (choice == 0 && entry != nullptr) {
        space.keys.set_expiry(entry, key.hash, expiry);
      } else if (number % 2 == 0 && choice == 1) {
        space.keys.grow_string(key, next.text.size() + text.size());
      } else if (number % 2 == 0) {
        space.keys.set_string(key, choice == 2 ? Bytes(field) : Bytes(text), expiry);
      } else {
        Hash(space.keys, key, entry).set(field, text, kLimits);
      }
    };
    if (choice == 7) {
      space.keys.erase(key);
      model.erase(name);
      continue;
    }
    if (!runs_with(static_cast<int>(random.below(5)), change)) {
      ++failed;
    } else if (choice == 0 && entry != nullptr) {
      next.expires_at_ms = expiry;
    } else if (number % 2 == 0 && choice == 1) {
      next.text.resize(next.text.size() + text.size(), '\0');
    } else if (number % 2 == 0) {
      next = {choice == 2 ? field : text, {}, expiry};
    } else {
      next.fields[field] = text;
    }
    if (space.keys.find(key) != nullptr || known != model.end()) model[name] = next;
    if (!(space.held(name) == next)) FAIL(name << " is not what it should be");
  }
  CHECK(failed > 1000);
  CHECK(allocations_refused > failed);  // some found another way
  for (const auto& [name, now] : model) REQUIRE(space.held(name) == now);
  size_t with_expiry = 0;
  for (const auto& [name, now] : model) with_expiry += now.expires_at_ms >= 0 ? 1 : 0;
  CHECK(space.keys.size() == model.size());
  CHECK(space.keys.size_with_expiry() == with_expiry);
  for (const auto& [name, now] : model) space.keys.erase(space.key(name));
  CHECK(space.keys.memory_bytes() <= 2 * 4096);
}

// Changes by index and by value; what is pushed, one after another, may be there in part.
TEST_CASE("a change of a list that finds no memory has changed nothing") {
  Random random(GENERATE(1u, 2u));
  const ListLimit limit = ListLimit::of(-1, 1);  // most of it compressed
  Space space;
  const Key key = space.key("list");
  std::deque<std::string> model;
  int failed = 0;
  allocations_refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string value = "value:" + std::to_string(random.below(8000));
    const Bytes values[] = {value};
    List list(space.keys, key, space.keys.find(key));
    const size_t at = model.empty() ? 0 : random.below(model.size());
    const auto place = model.begin() + static_cast<ptrdiff_t>(at);
    const uint64_t choice = model.size() < 2000 ? 0 : random.below(8);
    const auto change = [&] {
      if (choice < 3) {
        list.push(End::kBack, values, limit);
      } else if (choice == 3) {
        list.push(End::kFront, values, limit);
      } else if (choice == 4) {
        list.insert(at, value, limit);
      } else if (choice == 5) {
        list.set(at, value, limit);
      } else if (choice == 6) {
        list.erase(at, 1, limit);
      } else {
        list.erase_equal(value, 1, End::kFront, limit);
      }
    };
    if (!runs_with(static_cast<int>(random.below(4)), change)) {
      ++failed;
    } else if (choice < 3) {
      model.push_back(value);
    } else if (choice == 3) {
      model.push_front(value);
    } else if (choice == 4) {
      model.insert(place, value);
    } else if (choice == 5) {
      *place = value;
    } else if (choice == 6) {
      model.erase(place);
    } else if (const auto found = std::find(model.begin(), model.end(), value);
               found != model.end()) {
      model.erase(found);
    }
    if (i % 50 != 0 || model.empty()) continue;
    std::deque<std::string> now;
    List(space.keys.find(key)).for_each([&](Bytes element) {
      now.emplace_back(element);
      return Walk::kGoOn;
    });
    REQUIRE(now == model);
  }
  CHECK(failed > 100);
  CHECK(allocations_refused > failed);  // some found another way
}

TEST_CASE("a member that a big collection finds no memory for is not in it") {
  Random random(GENERATE(1u, 2u));
  const uint64_t names = GENERATE(40u, 3000u);
  const auto owned = std::make_unique<SetObject>();
  const auto owned_sorted = std::make_unique<SortedSetObject>();
  const auto owned_hash = std::make_unique<HashObject>();
  SetObject& set = *owned;
  HashObject& hash = *owned_hash;
  SortedSetObject& sorted = *owned_sorted;
  std::set<std::string> in_set, in_sorted;
  std::map<std::string, std::string> in_hash;
  const auto memory = [&] {
    return set.memory_bytes() + sorted.memory_bytes() + hash.memory_bytes();
  };
  const size_t start = memory();
  int failed = 0;
  for (int i = 0; i < 40000; ++i) {
    const uint64_t number = random.below(names);
    std::string name = std::to_string(number);
    if (number % 8 == 0) name.append(number % 200, 'x');
    const int allocations = static_cast<int>(random.below(4));
    if (random.below(3) == 0) {
      REQUIRE(set.erase(name) == (in_set.erase(name) != 0));
      REQUIRE(sorted.erase(name) == (in_sorted.erase(name) != 0));
      REQUIRE(hash.erase(name) == (in_hash.erase(name) != 0));
    } else if (runs_with(allocations, [&] { set.add(name); })) {
      in_set.insert(name);
    } else {
      ++failed;
    }
    if (sorted.find(name) == nullptr) {
      if (runs_with(allocations, [&] { sorted.add(name, static_cast<double>(number % 7)); })) {
        in_sorted.insert(name);
      } else {
        ++failed;
      }
    }
    const std::string value(random.below(40), 'v');
    if (runs_with(allocations, [&] { hash.set(name, value); })) {
      in_hash[name] = value;
    } else {
      ++failed;
    }
    if (i % 1000 != 0) continue;
    REQUIRE(sorted.order().valid());
    REQUIRE(sorted.order().size() == in_sorted.size());
    size_t found = 0;
    set.for_each([&](const Member& member) {
      found += in_set.count(std::string(member.key()));
      return Walk::kGoOn;
    });
    REQUIRE(found == in_set.size());
    REQUIRE(set.size() == in_set.size());
    REQUIRE(hash.fields().size() == in_hash.size());
    hash.fields().for_each([&](const Field& field) {
      REQUIRE(in_hash.at(std::string(field.key())) == field.value());
      return Walk::kGoOn;
    });
  }
  CHECK(failed > 100);
  for (const std::string& name : in_set) REQUIRE(set.erase(name));
  for (const std::string& name : in_sorted) REQUIRE(sorted.erase(name));
  for (const auto& [name, value] : in_hash) REQUIRE(hash.erase(name));
  CHECK(memory() <= start + 3 * (4096 + 1024));
}

#endif
