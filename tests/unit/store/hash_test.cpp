#include "store/hash/hash.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "base/memory.h"
#include "unit/store/space.h"

using namespace kevy;

namespace {

using Fields = std::map<std::string, std::string>;

constexpr Hash::Limits kLimits{16, 20};

struct Space : test::Space {
  Hash hash(Bytes name) { return {keys, key(name), keys.find(key(name))}; }
};

std::string text_of(const std::optional<PackedElement>& value) {
  char digits[kIntegerTextMax];
  return value ? std::string(value->text(digits)) : "(none)";
}

Fields fields_of(const Hash& hash) {
  Fields fields;
  hash.for_each([&](Bytes field, Bytes value) {
    REQUIRE(fields.emplace(field, value).second);  // each field once
  });
  return fields;
}

bool is_packed(const Hash& hash) { return hash.entry()->encoding() == Encoding::kPacked; }

// Numbers and texts, mostly of lengths at which something changes: the limit of the packed form,
// the second byte of a length, a step of the allocator.
std::string random_text(Random& random, uint64_t kinds) {
  const uint64_t n = random.below(kinds);
  switch (n % 4) {
    case 0:
      return std::to_string(static_cast<int64_t>(n * 0x123456789abcdef) >> (n % 60));
    case 1:
      return std::string(n % 24, static_cast<char>(n));
    case 2:
      return std::to_string(n);
    default: {
      constexpr size_t kSizes[] = {0, 19, 20, 21, 22, 63, 64, 100, 127, 128, 129, 255, 300, 20000};
      const bool is_long = random.below(10) == 0;
      return std::string(is_long ? kSizes[n % std::size(kSizes)] : n % 20, 'x');
    }
  }
}

void fill(Hash& hash, int count, const Hash::Limits& limits) {
  for (int i = 0; i < count; ++i) {
    REQUIRE(hash.set("field" + std::to_string(i), std::to_string(i), limits));
  }
}

// Above what chance gives once in some 10,000 runs with 49 degrees of freedom.
constexpr double kChiSquareMax = 95;

double chi_square(const std::map<std::string, int>& picks, int expected) {
  double sum = 0;
  for (const auto& [field, count] : picks) {
    const double difference = count - expected;
    sum += difference * difference / expected;
  }
  return sum;
}

}  // namespace

TEST_CASE("a random program on hashes leaves what it leaves in maps, in both forms") {
  Random random(GENERATE(1u, 2u, 3u, 4u, 5u, 6u));
  // Few different fields: mostly packed. Many: big soon.
  const uint64_t kinds = GENERATE(24u, 400u);
  Space space;
  std::map<std::string, Fields> model;
  std::set<std::string> big;
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "h" + std::to_string(random.below(4));
    Hash hash = space.hash(name);
    Fields& fields = model[name];
    const std::string field = random_text(random, kinds);
    const auto known = fields.find(field);
    const uint64_t choice = random.below(10);
    if (choice < 5) {
      const std::string value = random_text(random, 1000);
      if (std::max(field.size(), value.size()) > kLimits.bytes ||
          fields.size() + (known == fields.end() ? 1 : 0) > kLimits.fields) {
        big.insert(name);
      }
      REQUIRE(hash.set(field, value, kLimits) == (known == fields.end()));
      fields[field] = value;
      REQUIRE(is_packed(hash) == !big.contains(name));
    } else if (choice < 8) {
      REQUIRE(hash.erase(field) == (known != fields.end()));
      fields.erase(field);
    } else if (choice == 8) {
      REQUIRE(text_of(hash.find(field)) == (known == fields.end() ? "(none)" : known->second));
    } else if (random.below(100) == 0) {
      space.keys.erase(space.key(name));
      fields.clear();
      big.erase(name);
    } else if (hash.entry() != nullptr) {
      space.keys.set_expiry(hash.entry(), space.key(name).hash, i % 2 == 0 ? -1 : 1000 + i);
    }
    Hash after = space.hash(name);
    REQUIRE(after.size() == fields.size());
    REQUIRE(after.empty() == fields.empty());
    if (i % 50 == 0) REQUIRE(fields_of(after) == fields);
  }
  for (const auto& [name, fields] : model) {
    CHECK(fields_of(Hash(std::as_const(space.keys).find(space.key(name)))) == fields);
  }
}

namespace {

struct Timed {
  std::string value;
  int64_t expires_at_ms = Keyspace::kNoExpiry;
  bool operator==(const Timed&) const = default;
};
using TimedFields = std::map<std::string, Timed>;

TimedFields timed_fields_of(const Hash& hash) {
  TimedFields fields;
  hash.for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
    REQUIRE(fields.emplace(field, Timed{std::string(value), expires_at_ms}).second);
  });
  return fields;
}

int64_t next_expiry(const TimedFields& fields) {
  int64_t next = Entry::kNoFieldExpires;
  for (const auto& [field, timed] : fields) {
    if (timed.expires_at_ms != Keyspace::kNoExpiry) next = std::min(next, timed.expires_at_ms);
  }
  return next;
}

std::set<std::string> names_awaiting_expiry(const Keyspace& keys) {
  std::set<std::string> names;
  uint64_t cursor = 0;
  do {
    cursor = keys.scan_expiring_fields(cursor, 10, [&](Entry& entry) {
      names.emplace(entry.key());
    });
  } while (cursor != 0);
  return names;
}

// Random changes of hashes whose fields have times to live, beside a model of them.
class TimedProgram {
 public:
  explicit TimedProgram(uint64_t seed) : random_(seed) {}

  void step() {
    name_ = "h" + std::to_string(random_.below(4));
    Hash hash = space_.hash(name_);
    const std::string field = "f" + std::to_string(random_.below(40));
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        set(hash, field);
        break;
      case 3:
      case 4:
      case 5:
        set_expiry(hash, field);
        break;
      case 6:
      case 7:
        REQUIRE(hash.erase(field) == (fields().erase(field) != 0));
        break;
      case 8:
        REQUIRE(hash.expiry_of(field).value_or(-2) ==
                (fields().contains(field) ? fields()[field].expires_at_ms : -2));
        break;
      case 9:
        now_ms_ += static_cast<int64_t>(random_.below(30));
        erase_due(hash);
        break;
      case 10:
        change_key(hash);
        break;
      default:
        if (random_.below(40) == 0) {
          space_.keys.erase(space_.key(name_));
          fields().clear();
        }
    }
    check();
  }
  size_t memory_bytes() { return space_.keys.memory_bytes(); }
  void erase_all() {
    for (const auto& [name, fields] : model_) space_.keys.erase(space_.key(name));
  }
  size_t big_and_timed = 0, packed_and_timed = 0, erased_due = 0;

 private:
  TimedFields& fields() { return model_[name_]; }
  int64_t moment() { return now_ms_ + 1 + static_cast<int64_t>(random_.below(100)); }

  void set(Hash& hash, const std::string& field) {
    const int64_t choices[] = {Keyspace::kNoExpiry, Keyspace::kKeepExpiry, moment()};
    const int64_t expires_at_ms = choices[random_.below(3)];
    constexpr size_t kSizes[] = {0, 1, 19, 20, 127, 128, 200, 20000};
    const size_t size = random_.below(8) == 0 ? kSizes[random_.below(8)] : random_.below(10);
    const std::string value(size, 'v');
    REQUIRE(hash.set(field, value, kLimits, expires_at_ms) == !fields().contains(field));
    Timed& timed = fields()[field];
    timed.value = value;
    if (expires_at_ms != Keyspace::kKeepExpiry) timed.expires_at_ms = expires_at_ms;
  }
  void set_expiry(Hash& hash, const std::string& field) {
    if (!fields().contains(field)) return;
    const int64_t expires_at_ms = random_.below(3) == 0 ? Keyspace::kNoExpiry : moment();
    hash.set_expiry(field, expires_at_ms);
    fields()[field].expires_at_ms = expires_at_ms;
  }
  void erase_due(Hash& hash) {
    if (hash.entry() == nullptr) return;
    const auto is_due = [&](const auto& field) {
      return field.second.expires_at_ms != Keyspace::kNoExpiry &&
             field.second.expires_at_ms <= now_ms_;
    };
    const auto due = static_cast<size_t>(std::count_if(fields().begin(), fields().end(), is_due));
    if (!fields().empty()) REQUIRE(hash.all_due(now_ms_) == (due == fields().size()));
    const size_t most = random_.below(3) == 0 ? random_.below(5) : SIZE_MAX;
    std::set<std::string> taken;
    const size_t erased = hash.erase_due(now_ms_, most, [&](Bytes field) {
      REQUIRE(taken.emplace(field).second);
    });
    REQUIRE(erased == std::min(most, due));
    REQUIRE(erased == taken.size());
    for (const std::string& field : taken) {
      REQUIRE(is_due(*fields().find(field)));
      fields().erase(field);
    }
    erased_due += erased;
  }
  // A time to live of its own, a copy in its place, or on its way over another key.
  void change_key(const Hash& hash) {
    if (hash.entry() == nullptr) return;
    const Key key = space_.key(name_);
    const int64_t expires_at_ms = random_.below(2) == 0 ? Keyspace::kNoExpiry : 1000;
    switch (random_.below(3)) {
      case 0:
        space_.keys.set_expiry(hash.entry(), key.hash, expires_at_ms);
        break;
      case 1:
        space_.keys.put(key, Keyspace::copy_value(*hash.entry()), expires_at_ms);
        break;
      default:
        space_.keys.move(key, space_.keys, space_.key("aside"));
        space_.keys.move(space_.key("aside"), space_.keys, key);
    }
  }
  void check() {
    const Hash hash = space_.hash(name_);
    REQUIRE(hash.size() == fields().size());
    std::set<std::string> awaiting;
    for (const auto& [name, fields] : model_) {
      if (next_expiry(fields) != Entry::kNoFieldExpires) awaiting.insert(name);
    }
    REQUIRE(space_.keys.size_with_field_expiry() == awaiting.size());
    if (hash.entry() != nullptr && hash.entry()->has_field_times()) {
      REQUIRE(hash.entry()->fields_expire_at_ms() == next_expiry(fields()));
      ++(is_packed(hash) ? packed_and_timed : big_and_timed);
    }
    if (random_.below(10) != 0) return;
    REQUIRE(timed_fields_of(hash) == fields());
    REQUIRE(names_awaiting_expiry(space_.keys) == awaiting);
    size_t visited = 0;
    hash.for_each([&](Bytes field, Bytes value) {
      REQUIRE(fields().at(std::string(field)).value == value);
      ++visited;
    });
    REQUIRE(visited == fields().size());
  }

  Random random_;
  Space space_;
  std::map<std::string, TimedFields> model_;
  std::string name_;
  int64_t now_ms_ = 1'700'000'000'000;
};

}  // namespace

TEST_CASE("a random program on hashes with field times leaves what it leaves in a model") {
  TimedProgram program(GENERATE(1u, 2u, 3u, 4u, 5u, 6u));
  for (int i = 0; i < 20000; ++i) program.step();
  CHECK(program.packed_and_timed > 1000);
  CHECK(program.big_and_timed > 1000);
  CHECK(program.erased_due > 500);
  program.erase_all();
  CHECK(program.memory_bytes() <= 3 * 4096);
}

TEST_CASE("many fields of a big hash expire, the earliest first, and its memory is given back") {
  Space space;
  Hash hash = space.hash("h");
  hash.set("stays", "v", kLimits);
  constexpr int kFields = 50'000;
  Random random(7);
  std::vector<int64_t> times;
  for (int i = 0; i < kFields; ++i) {
    times.push_back(static_cast<int64_t>(1 + random.below(1000)));
    hash.set("field" + std::to_string(i), std::string(i % 200, 'v'), kLimits, times.back());
  }
  CHECK(hash.size() == kFields + 1);
  const size_t full = space.keys.memory_bytes();
  size_t gone = 0;
  for (int64_t now_ms = 1; now_ms <= 1000; now_ms += 111) {
    int64_t last = 0;
    while (const size_t erased = hash.erase_due(now_ms, 100, [&](Bytes field) {
      const int64_t at = times[std::stoul(std::string(field.substr(5)))];
      REQUIRE(at <= now_ms);
      REQUIRE(at >= last);
      last = at;
    })) {
      gone += erased;
    }
    const auto due = std::count_if(times.begin(), times.end(), [&](int64_t at) { return at <= now_ms; });
    REQUIRE(gone == static_cast<size_t>(due));
  }
  CHECK(hash.size() == 1);
  CHECK(text_of(hash.find("stays")) == "v");
  CHECK(hash.entry()->fields_expire_at_ms() == Entry::kNoFieldExpires);
  CHECK(space.keys.size_with_field_expiry() == 0);
  CHECK(space.keys.memory_bytes() < full / 10);
}

TEST_CASE("a hash with field times keeps them when a key takes its place, its value or its time") {
  Space space;
  Hash hash = space.hash("h");
  const size_t count = GENERATE(size_t{5}, size_t{40});
  fill(hash, static_cast<int>(count), kLimits);
  hash.set_expiry("field3", 5000);
  CHECK(hash.expiry_of("field3") == 5000);
  CHECK(hash.expiry_of("field4") == Keyspace::kNoExpiry);
  CHECK_FALSE(hash.expiry_of("nosuch"));
  space.keys.put(space.key("copy"), Keyspace::copy_value(*hash.entry()), 100);
  CHECK(space.hash("copy").expiry_of("field3") == 5000);
  CHECK(space.hash("copy").entry()->expires_at_ms() == 100);
  CHECK(space.keys.size_with_field_expiry() == 2);
  space.keys.move(space.key("h"), space.keys, space.key("moved"));
  CHECK(space.hash("moved").expiry_of("field3") == 5000);
  CHECK(space.keys.size_with_field_expiry() == 2);
  space.keys.set_string(space.key("copy"), "a string", Keyspace::kKeepExpiry);
  CHECK_FALSE(space.hash("copy").entry()->has_field_times());
  CHECK(space.hash("copy").entry()->expires_at_ms() == 100);
  space.keys.erase(space.key("moved"));
  CHECK(space.keys.size_with_field_expiry() == 0);
}

TEST_CASE("no key: nothing is found, and the first field makes it") {
  Space space;
  Hash hash = space.hash("h");
  CHECK(hash.size() == 0);
  CHECK(hash.empty());
  CHECK_FALSE(hash.find("a"));
  CHECK_FALSE(hash.erase("a"));
  CHECK(fields_of(hash).empty());
  CHECK(space.keys.size() == 0);
  SECTION("packed") {
    CHECK(hash.set("a", "1", kLimits));
    CHECK(is_packed(hash));
  }
  SECTION("at once big") {
    CHECK(hash.set("a", std::string(21, 'v'), kLimits));
    CHECK_FALSE(is_packed(hash));
  }
  CHECK(hash.entry() == space.keys.find(space.key("h")));
  CHECK(hash.entry()->type() == Type::kHash);
  CHECK(hash.size() == 1);
}

TEST_CASE("a hash becomes big at each limit, and stays so") {
  Space space;
  Hash hash = space.hash("h");
  SECTION("a field too many") {
    fill(hash, 16, kLimits);
    CHECK(is_packed(hash));
    CHECK_FALSE(hash.set("field3", "other", kLimits));
    CHECK(is_packed(hash));
    CHECK(hash.set("one more", "v", kLimits));
  }
  SECTION("a limit that was lowered") {
    fill(hash, 16, kLimits);
    CHECK_FALSE(hash.set("field3", "other", {15, 20}));
  }
  SECTION("a long field") {
    CHECK(hash.set(std::string(20, 'f'), "v", kLimits));
    CHECK(is_packed(hash));
    CHECK(hash.set(std::string(21, 'f'), "v", kLimits));
  }
  SECTION("a long value") {
    CHECK(hash.set("f", std::string(20, 'v'), kLimits));
    CHECK(is_packed(hash));
    CHECK_FALSE(hash.set("f", std::string(21, 'v'), kLimits));
  }
  SECTION("more than lies inside an entry") {
    const Hash::Limits wide{SIZE_MAX, SIZE_MAX};
    const std::string half(Keyspace::kPackedMax / 2, 'v');
    CHECK(hash.set("a", half, wide));
    CHECK(is_packed(hash));
    CHECK(hash.set("b", half, wide));
    CHECK(text_of(hash.find("a")) == half);
  }
  CHECK_FALSE(is_packed(hash));
  for (const auto& [field, value] : fields_of(hash)) CHECK(hash.erase(field));
  CHECK(hash.empty());
  CHECK(hash.set("a", "1", kLimits));
  CHECK_FALSE(is_packed(hash));
}

TEST_CASE("memory is counted as it is, and given back with the last field") {
  Space space;
  space.keys.set_string(space.key("stays"), "v", Keyspace::kNoExpiry);
  const size_t start = space.keys.memory_bytes();
  const int count = GENERATE(10, 20000);
  Random random(5);
  {
    Hash hash = space.hash("h");
    for (int i = 0; i < count; ++i) {
      const std::string field = "field" + std::to_string(i);
      const std::string value(random.below(count == 10 ? 20 : 200), 'v');
      REQUIRE(hash.set(field, value, kLimits));
      REQUIRE_FALSE(hash.set(field, value + (i % 2 == 0 ? "" : "longer"), kLimits));
    }
    size_t in_fields = 0;
    hash.for_each([&](Bytes field, Bytes value) { in_fields += field.size() + value.size(); });
    CHECK(space.keys.memory_bytes() > start + in_fields);
    for (int i = 0; i < count; ++i) REQUIRE(hash.erase("field" + std::to_string(i)));
    CHECK(hash.empty());
    CHECK(space.keys.memory_bytes() < start + 5000);
  }
  space.keys.erase(space.key("h"));
  CHECK(space.keys.memory_bytes() == start);
}

TEST_CASE("a big hash takes at most 75 bytes for a field of 16 bytes with a value of 16") {
  Space space;
  Hash hash = space.hash("h");
  constexpr size_t kFields = 100'000;
  for (size_t i = 0; i < kFields; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 16 - number.size(), '0');
    hash.set(number, "v" + number.substr(1), kLimits);
  }
  const size_t bytes = space.keys.memory_bytes_of(*hash.entry());
  INFO("bytes a field: " << static_cast<double>(bytes) / kFields);
  CHECK(bytes < 75 * kFields);
  CHECK(bytes > 48 * kFields);
}

TEST_CASE("a copy has the same fields, and is one of its own") {
  Space space;
  const int count = GENERATE(0, 1, 16, 17, 3000);
  Hash hash = space.hash("h");
  hash.set("first", "1", kLimits);
  fill(hash, count, kLimits);
  const Fields before = fields_of(hash);
  const size_t memory = space.keys.memory_bytes();
  space.keys.put(space.key("copy"), Keyspace::copy_value(*hash.entry()), 5000);
  CHECK(space.keys.memory_bytes() - memory > 20 * before.size());
  Hash copy = space.hash("copy");
  CHECK(fields_of(copy) == before);
  CHECK(is_packed(copy) == is_packed(hash));
  copy.set("first", "2", kLimits);
  copy.erase("field0");
  CHECK(fields_of(hash) == before);
  space.keys.erase(space.key("h"));
  CHECK(text_of(space.hash("copy").find("first")) == "2");
  CHECK(copy.size() == before.size() - (count > 0 ? 1 : 0));
}

TEST_CASE("B20 a full scan visits every field that stays, whatever is set and erased meanwhile") {
  Space space;
  Hash hash = space.hash("h");
  for (int i = 0; i < 1000; ++i) hash.set("stays" + std::to_string(i), "v", kLimits);
  const bool growing = GENERATE(true, false);
  int others = growing ? 0 : 20000;
  for (int i = 0; i < others; ++i) hash.set("other" + std::to_string(i), "v", kLimits);
  std::set<std::string> seen;
  uint64_t cursor = 0;
  size_t steps = 0;
  do {
    size_t visited = 0;
    cursor = hash.scan(cursor, 10, [&](Bytes field, Bytes value) {
      CHECK(value == "v");
      seen.emplace(field);
      ++visited;
    });
    REQUIRE(visited < 100);
    for (int i = 0; i < 30; ++i) {
      if (growing && others < 20000) {
        hash.set("other" + std::to_string(others++), "v", kLimits);
      } else if (!growing && others > 0) {
        hash.erase("other" + std::to_string(--others));
      }
    }
    REQUIRE(++steps < 100'000);
  } while (cursor != 0);
  for (int i = 0; i < 1000; ++i) REQUIRE(seen.count("stays" + std::to_string(i)) == 1);
}

TEST_CASE("a packed hash is scanned in one part, and any cursor is safe") {
  Space space;
  Random random(3);
  Hash packed = space.hash("packed"), big = space.hash("big");
  fill(packed, 16, kLimits);
  fill(big, 500, kLimits);
  for (int i = 0; i < 1000; ++i) {
    size_t visited = 0;
    REQUIRE(packed.scan(random(), 1, [&](Bytes, Bytes) { ++visited; }) == 0);
    REQUIRE(visited == 16);
    big.scan(random(), 10, [](Bytes, Bytes) {});
  }
  size_t visited = 0;
  CHECK(big.scan(0, SIZE_MAX, [&](Bytes, Bytes) { ++visited; }) == 0);
  CHECK(visited == 500);
  CHECK(Hash(nullptr).scan(7, 10, [](Bytes, Bytes) {}) == 0);
}

TEST_CASE("every field is picked with the same chance") {
  Space space;
  Random random(21);
  const Hash::Limits limits{GENERATE(size_t{50}, size_t{10}), 20};
  Hash hash = space.hash("h");
  constexpr int kFields = 50, kPicks = 50'000;
  fill(hash, kFields, limits);
  std::map<std::string, int> picks;
  const auto count = [&](Bytes field, Bytes value) {
    if ("field" + std::string(value) != field) FAIL(field << " with " << value);
    ++picks[std::string(field)];
  };
  SECTION("one at a time") {
    for (int i = 0; i < kPicks; ++i) hash.pick(1, random, count);
    CHECK(chi_square(picks, kPicks / kFields) < kChiSquareMax);
  }
  SECTION("many") {
    hash.pick(kPicks, random, count);
    CHECK(chi_square(picks, kPicks / kFields) < kChiSquareMax);
  }
  SECTION("different ones, few and many of them") {
    const size_t wanted = GENERATE(1u, 2u, 10u, 16u, 17u, 25u, 49u);
    constexpr int kRounds = 20'000;
    for (int i = 0; i < kRounds; ++i) {
      std::set<std::string> seen;
      hash.sample(wanted, random, [&](Bytes field, Bytes value) {
        seen.emplace(field);
        count(field, value);
      });
      if (seen.size() != wanted) FAIL(seen.size() << " instead of " << wanted);
    }
    // Picks without putting back vary less than chi-square's.
    CHECK(chi_square(picks, kRounds * static_cast<int>(wanted) / kFields) < kChiSquareMax);
  }
  CHECK(picks.size() == kFields);
}

TEST_CASE("a sample of as many as there are, or more, is all fields once") {
  Space space;
  Random random(1);
  Hash hash = space.hash("h");
  fill(hash, GENERATE(3, 100), kLimits);
  for (const size_t wanted : {hash.size(), hash.size() + 1, SIZE_MAX}) {
    Fields seen;
    hash.sample(wanted, random,
                [&](Bytes field, Bytes value) { REQUIRE(seen.emplace(field, value).second); });
    CHECK(seen == fields_of(hash));
  }
  hash.sample(0, random, [](Bytes, Bytes) { FAIL("nothing was wanted"); });
  Hash(nullptr).sample(5, random, [](Bytes, Bytes) { FAIL("there is nothing"); });
}
