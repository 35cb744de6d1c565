// HashEdit and StringBatch beside a model: random changes are committed, given up, or find no
// memory, and come about together or not at all.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "command/string/value.h"
#include "store/hash/hash_edit.h"
#include "store/string_batch.h"
#include "unit/store/failing_memory.h"
#include "unit/store/space.h"

namespace {

using namespace kevy;

constexpr int64_t kNever = Keyspace::kNoExpiry, kKeep = Keyspace::kKeepExpiry;

struct Timed {
  std::string value;
  int64_t expires_at_ms = kNever;
  bool operator==(const Timed&) const = default;
};
using Fields = std::map<std::string, Timed>;

// What a hash that awaits the expiry of some field is to know.
int64_t next_expiry(const Fields& fields) {
  int64_t next = Entry::kNoFieldExpires;
  for (const auto& [name, timed] : fields) {
    if (timed.expires_at_ms >= 0) next = std::min(next, timed.expires_at_ms);
  }
  return next;
}

int64_t known_expiry(const Entry& entry) {
  return entry.has_field_times() ? entry.fields_expire_at_ms() : Entry::kNoFieldExpires;
}

class HashProgram {
 public:
  HashProgram(uint32_t seed, uint64_t names) : random_(seed), names_(names) {}
  ~HashProgram() { test::allocations_left = -1; }
  HashProgram(const HashProgram&) = delete;
  HashProgram& operator=(const HashProgram&) = delete;

  void step() {
    const uint64_t choice = random_.below(12);
    if (choice < 5) {
      set_fields();
    } else if (choice < 8) {
      set_expiries();
    } else if (choice < 10) {
      set_one();
    } else if (choice == 10) {
      erase_some();
    } else {
      erase_due();
    }
    check();
  }
  void finish() {
    space_.keys.erase(key_);
    CHECK(space_.keys.size_with_field_expiry() == 0);
    CHECK(space_.keys.memory_bytes() <= 3 * 4096);
  }

  int committed = 0, given_up = 0, refused = 0, big = 0;

 private:
  std::string name() {
    const uint64_t number = random_.below(names_);
    std::string name = std::to_string(number);
    if (number % 16 == 0) name.append(number % 200, 'n');
    return name;
  }
  std::string value() {
    if (random_.below(3) == 0) return std::to_string(random_.below(100000));
    return std::string(random_.below(random_.below(6) == 0 ? 200 : 20), 'v');
  }
  int64_t moment() { return static_cast<int64_t>(random_.below(1000)); }
  int64_t some_expiry() {
    const uint64_t kind = random_.below(3);
    return kind == 0 ? kNever : kind == 1 ? kKeep : moment();
  }
  // The fewer fail, the bigger the hash becomes.
  int memory() { return random_.below(3) == 0 ? static_cast<int>(random_.below(12)) : -1; }
  Entry* entry() const { return space_.keys.find(key_); }

  /// Runs change(edit) and commits it, or does not; whether it came about.
  template <typename Change>
  bool edit(Change&& change) {
    const bool wanted = random_.below(4) != 0;
    const bool ran = test::runs_with(memory(), [&] {
      HashEdit edit(space_.keys, key_, entry());
      change(edit);
      if (wanted) edit.commit();
    });
    ++(!ran ? refused : wanted ? committed : given_up);
    return ran && wanted;
  }

  void set_fields() {
    const size_t count = 1 + random_.below(random_.below(20) == 0 ? 2 * names_ : 10);
    std::vector<std::pair<std::string, std::string>> pairs(count);
    for (auto& [field, text] : pairs) field = name(), text = value();
    const int64_t expires_at_ms = some_expiry();
    Fields next = model_;
    for (const auto& [field, text] : pairs) {
      Timed& timed = next[field];
      timed.value = text;
      if (expires_at_ms != kKeep) timed.expires_at_ms = expires_at_ms;
    }
    const bool done = edit([&](HashEdit& edit) {
      Fields seen = model_;
      for (const auto& [field, text] : pairs) {
        const bool added = edit.set(field, text, limits_, expires_at_ms);
        if (added == seen.contains(field)) wrong_ = true;
        test::Unlimited unlimited;
        seen[field];
      }
    });
    if (done) model_ = std::move(next);
  }
  void set_expiries() {
    if (model_.empty()) return;
    Fields next = model_;
    std::vector<std::string> chosen;
    const int64_t expires_at_ms = random_.below(3) == 0 ? kNever : moment();
    const uint64_t one_in = 1 + random_.below(10);
    for (auto& [field, timed] : next) {
      if (random_.below(one_in) != 0) continue;
      timed.expires_at_ms = expires_at_ms;
      chosen.push_back(field);
    }
    const bool done = edit([&](HashEdit& edit) {
      for (const std::string& field : chosen) edit.set_expiry(field, expires_at_ms);
    });
    if (done) model_ = std::move(next);
  }
  void set_one() {
    const std::string field = name(), text = value();
    const int64_t expires_at_ms = some_expiry();
    Fields next = model_;
    Timed& timed = next[field];
    timed.value = text;
    if (expires_at_ms != kKeep) timed.expires_at_ms = expires_at_ms;
    const bool done = test::runs_with(memory(), [&] {
      Hash(space_.keys, key_, entry()).set(field, text, limits_, expires_at_ms);
    });
    if (done) {
      model_ = std::move(next);
    } else {
      early_ = true;
    }
  }
  void erase_some() {
    const size_t count = random_.below(random_.below(4) == 0 ? names_ : 8);
    Hash hash(space_.keys, key_, entry());
    for (size_t i = 0; i < count; ++i) {
      const std::string field = name();
      REQUIRE(hash.erase(field) == (model_.erase(field) != 0));
    }
    if (hash.entry() != nullptr && hash.empty()) space_.keys.erase(key_);
  }
  void erase_due() {
    if (entry() == nullptr) return;
    const int64_t now_ms = static_cast<int64_t>(random_.below(300));
    const size_t most = random_.below(40);
    Fields next = model_;
    Hash hash(space_.keys, key_, entry());
    test::runs_with(memory(), [&] {
      hash.erase_due(now_ms, most, [&](Bytes field) {
        test::Unlimited unlimited;
        next.erase(std::string(field));
      });
      model_ = std::move(next);
    });
    if (hash.empty()) space_.keys.erase(key_);
  }

  void check() {
    REQUIRE_FALSE(wrong_);
    const Entry* const now = entry();
    REQUIRE(Hash(now).size() == model_.size());
    if (now == nullptr) return;
    big += now->encoding() == Encoding::kObject ? 1 : 0;
    Fields found;
    Hash(now).for_each_with_expiry([&](Bytes field, Bytes text, int64_t expires_at_ms) {
      found.emplace(field, Timed{std::string(text), expires_at_ms});
    });
    REQUIRE(found == model_);
    const int64_t next = next_expiry(model_), known = known_expiry(*now);
    REQUIRE(known <= next);
    early_ &= known != next;
    if (!early_) REQUIRE(known == next);
    REQUIRE(space_.keys.size_with_field_expiry() == (known == Entry::kNoFieldExpires ? 0 : 1));
  }

  Random random_;
  const uint64_t names_;
  const Hash::Limits limits_{random_.below(2) == 0 ? 0 : 8 + random_.below(120),
                             random_.below(2) == 0 ? 64u : 300u};
  test::Space space_;
  const Key key_ = space_.key("hash");
  Fields model_;
  bool wrong_ = false;
  bool early_ = false;  // a change that failed may have left a moment that is too early
};

}  // namespace

TEST_CASE("an edit of a hash comes about as a whole or leaves nothing") {
  const uint64_t names = GENERATE(6u, 60u, 1200u);
  int committed = 0, given_up = 0, refused = 0, big = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    HashProgram program(seed, names);
    for (int i = 0; i < 600; ++i) program.step();
    program.finish();
    committed += program.committed;
    given_up += program.given_up;
    refused += program.refused;
    big += program.big;
  }
  CHECK(committed > 1000);
  CHECK(given_up > 500);
  CHECK(big > 1000);
  if (test::kMemoryFails) CHECK(refused > 500);
}

TEST_CASE("room that was made for the times to live of an edit stays while it takes others away") {
  for (const int allocations : {0, 1, 2, 3}) {
    HashObject object;
    constexpr int kTimed = 200, kOthers = 100;
    std::vector<std::string> timed, others;
    for (int i = 0; i < kTimed; ++i) timed.push_back("timed:" + std::to_string(i));
    for (int i = 0; i < kOthers; ++i) others.push_back("other:" + std::to_string(i));
    for (const std::string& name : timed) object.set(name, "v", 1000);
    for (const std::string& name : others) object.set(name, "v");
    HashObjectEdit edit(object);
    for (const std::string& name : std::span(timed).subspan(1)) edit.set_expiry(name, kNever);
    for (const std::string& name : others) edit.set_expiry(name, 500);
    test::allocations_left = allocations;
    edit.commit();  // ends the program where it asks for memory that is not there
    test::allocations_left = -1;
    REQUIRE(object.times()->size() == 1 + kOthers);
    CHECK(object.times()->first().at_ms == 500);
  }
}

namespace {

struct Held {
  std::string text;
  int64_t expires_at_ms = kNever;
  bool hash = false;
  bool operator==(const Held&) const = default;
};

class BatchProgram {
 public:
  explicit BatchProgram(uint32_t seed) : random_(seed) {}

  void step() {
    if (random_.below(4) == 0) {
      change_one();
    } else {
      store_several();
    }
    check();
  }
  void finish() {
    for (Keyspace* keys : {&space_.keys, &other_}) {
      for (const std::string& name : names_) keys->erase(space_.key(name));
      CHECK(keys->size() == 0);
      CHECK(keys->size_with_expiry() == 0);
      CHECK(keys->size_with_field_expiry() == 0);
      CHECK(keys->memory_bytes() <= 3 * 4096);
    }
  }

  int committed = 0, given_up = 0, refused = 0;

 private:
  using Model = std::map<std::pair<int, std::string>, Held>;

  Keyspace& keys(int number) { return number == 0 ? space_.keys : other_; }
  int64_t moment() { return static_cast<int64_t>(1000 + random_.below(1000)); }
  std::string value() {
    switch (random_.below(4)) {
      case 0:
        return std::to_string(random_.below(1000));
      case 1:
        return std::string(random_.below(192), 's');
      default:
        return std::string(180 + random_.below(60), static_cast<char>('a' + random_.below(26)));
    }
  }
  const std::string& name() { return names_[random_.below(names_.size())]; }

  struct Given {
    int keyspace;
    std::string name, value;
    SharedBytes block;
  };

  void store_several() {
    std::vector<Given> given(1 + random_.below(24));
    const uint64_t kind = random_.below(3);
    const int64_t expires_at_ms = kind == 0 ? kNever : kind == 1 ? kKeep : moment();
    Model next = model_;
    for (Given& pair : given) {
      pair = {static_cast<int>(random_.below(2)), name(), value(), {}};
      if (pair.value.size() > 200) pair.block = SharedBytes::copy_of(pair.value);
      Held& held = next[{pair.keyspace, pair.name}];
      held = {pair.value, expires_at_ms == kKeep ? held.expires_at_ms : expires_at_ms, false};
    }
    const bool wanted = random_.below(4) != 0;
    const int memory = random_.below(2) == 0 ? static_cast<int>(random_.below(20)) : -1;
    const bool ran = test::runs_with(memory, [&] {
      StringBatch batch(given.size(), expires_at_ms);
      for (const Given& pair : given) {
        const Key key = space_.key(pair.name);
        Keyspace& keyspace = keys(pair.keyspace);
        batch.add(keyspace, key, keyspace.find(key), pair.value, pair.block);
      }
      if (wanted) batch.commit();
    });
    ++(!ran ? refused : wanted ? committed : given_up);
    if (ran && wanted) model_ = std::move(next);
  }
  void change_one() {
    const int number = static_cast<int>(random_.below(2));
    const std::string& name = this->name();
    const Key key = space_.key(name);
    Keyspace& keys = this->keys(number);
    Entry* const entry = keys.find(key);
    const auto place = std::pair{number, name};
    const uint64_t choice = random_.below(5);
    if (choice == 0) {
      keys.erase(key);
      model_.erase(place);
    } else if (choice == 1 && entry != nullptr) {
      const int64_t expires_at_ms = random_.below(2) == 0 ? kNever : moment();
      keys.set_expiry(entry, key.hash, expires_at_ms);
      model_[place].expires_at_ms = expires_at_ms;
    } else if (choice == 2 && entry != nullptr && entry->encoding() == Encoding::kShared) {
      held_ = SharedBytes::share(entry->shared());  // a reply that is still being sent
      held_text_ = held_.bytes();
    } else if (choice == 3 && entry != nullptr && entry->is_string()) {
      const size_t before = StringText(entry).bytes().size();
      keys.grow_string(key, before + 5);
      model_[place].text.append(5, '\0');
    } else if (choice == 4) {
      keys.erase(key);
      const size_t size = random_.below(2) == 0 ? 10 : 400;
      Hash(keys, key, nullptr).set("field", std::string(size, 'h'), {8, 64}, moment());
      model_[place] = {std::string(size, 'h'), kNever, true};
    }
  }

  void check() {
    size_t with_expiry = 0, hashes = 0;
    for (const auto& [place, held] : model_) {
      const Entry* const entry = keys(place.first).find(space_.key(place.second));
      REQUIRE(entry != nullptr);
      Held now{{}, entry->expires_at_ms(), !entry->is_string()};
      if (now.hash) {
        char digits[kIntegerTextMax];
        now.text = Hash(entry).find("field")->text(digits);
      } else {
        now.text = StringText(entry).bytes();
      }
      REQUIRE(now == held);
      with_expiry += held.expires_at_ms >= 0 ? 1 : 0;
      hashes += held.hash ? 1 : 0;
    }
    REQUIRE(space_.keys.size() + other_.size() == model_.size());
    REQUIRE(space_.keys.size_with_expiry() + other_.size_with_expiry() == with_expiry);
    REQUIRE(space_.keys.size_with_field_expiry() + other_.size_with_field_expiry() == hashes);
    REQUIRE(held_.bytes() == held_text_);
  }

  Random random_;
  const std::vector<std::string> names_{"a", "b", "c", "d", "e", "f", "g", std::string(300, 'k')};
  test::Space space_;
  Keyspace other_{space_.secret, space_.garbage, space_.spans};
  Model model_;
  SharedBytes held_;
  std::string held_text_;
};

}  // namespace

TEST_CASE("strings of one batch are stored together or not at all") {
  int committed = 0, given_up = 0, refused = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    BatchProgram program(seed);
    for (int i = 0; i < 1000; ++i) program.step();
    program.finish();
    committed += program.committed;
    given_up += program.given_up;
    refused += program.refused;
  }
  CHECK(committed > 1000);
  CHECK(given_up > 1000);
  if (test::kMemoryFails) CHECK(refused > 1000);
}
