// Sets: a program of changes leaves what it leaves in a std::set, whatever the members and the
// limits, through all three forms and back to no key, when the memory counted is that of its start;
// and what two sets have in common, together, and apart is what the std::sets have.
//
// Input: the limits, then operations: what to do, on which of two keys, and a member where one is
// needed. A member is a byte of shape: a number of any width, a text, or a long one.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "fuzz.h"
#include "store/set/set.h"
#include "store/set/set_algebra.h"

namespace {

using kevy::Bytes;
using kevy::Entry;
using kevy::Key;
using kevy::Set;
using kevy::fuzz::Input;

using Model = std::set<std::string>;

std::string read_member(Input& input) {
  const uint8_t shape = input.byte();
  if (shape < 64) return std::to_string(input.raw<int64_t>() >> shape);
  if (shape < 160) return std::to_string(shape - 100);
  if (shape < 224) return std::string(input.bytes(shape - 160));
  return std::string(size_t{shape - 223u} * 16, static_cast<char>(input.byte()));
}

Model model_of(const kevy::Members& members) {
  Model model;
  members.for_each([&](Bytes member) {
    FUZZ_CHECK(model.emplace(member).second);
    return kevy::Walk::kGoOn;
  });
  return model;
}

class Program {
 public:
  explicit Program(Input& input) : input_(input) {
    limits_ = {input.byte(), input.byte(), size_t{input.byte()} * 4};
  }
  ~Program() {
    for (int which = 0; which < 2; ++which) {
      check(which);
      for (const std::string& member : Model(models_[which])) erase(which, member);
      FUZZ_CHECK(keys_.find(kKeys[which]) == nullptr);
    }
    FUZZ_CHECK(keys_.memory_bytes() <= kEmptyTables);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void step() {
    const int which = input_.below(2);
    Model& model = models_[which];
    Set set = view(which);
    switch (input_.below(10)) {
      case 0:
      case 1:
      case 2: {
        const std::string member = read_member(input_);
        FUZZ_CHECK(set.add(member, limits_) == model.insert(member).second);
        check_form(set.entry(), model);
        break;
      }
      case 3: {
        for (int first = input_.below(200), n = first; n < first + 40; ++n) {
          FUZZ_CHECK(set.add(std::to_string(n), limits_) == model.insert(std::to_string(n)).second);
        }
        check_form(set.entry(), model);
        break;
      }
      case 4:
      case 5:
        erase(which, read_member(input_));
        break;
      case 6: {
        const std::string member = read_member(input_);
        FUZZ_CHECK(set.contains(member) == (model.count(member) == 1));
        break;
      }
      case 7:
        change_key(which);
        break;
      case 8:
        combine(which);
        break;
      default:
        check(which);
    }
    FUZZ_CHECK(view(which).size() == model.size());
  }

 private:
  static constexpr size_t kEmptyTables = 2 * 4096;
  inline static const Key kAside{"aside", hash_bytes("aside", kevy::HashSecret::process())};
  inline static const Key kKeys[] = {{"first", hash_bytes("first", kevy::HashSecret::process())},
                                     {"second", hash_bytes("second", kevy::HashSecret::process())}};

  Set view(int which) { return {keys_, kKeys[which], keys_.find(kKeys[which])}; }

  void erase(int which, const std::string& member) {
    Set set = view(which);
    FUZZ_CHECK(set.erase(member) == (models_[which].erase(member) == 1));
    if (set.entry() != nullptr && set.empty()) keys_.erase(kKeys[which]);
  }

  // A time to live, a copy in its place, or on its way over another key.
  void change_key(int which) {
    Entry* entry = keys_.find(kKeys[which]);
    if (entry == nullptr) return;
    const uint8_t how = input_.below(3);
    const int64_t expires_at_ms = input_.below(2) == 0 ? -1 : 1000;
    if (how == 0) {
      keys_.set_expiry(entry, kKeys[which].hash, expires_at_ms);
    } else if (how == 1) {
      keys_.put(kKeys[which], kevy::Keyspace::copy_value(*entry), expires_at_ms);
    } else {
      keys_.move(kKeys[which], keys_, kAside);
      keys_.move(kAside, keys_, kKeys[which]);
    }
  }

  // Both sets together, and what comes of it perhaps stored under one of the keys.
  void combine(int which) {
    const std::vector<Set> sets{view(which), view(1 - which)};
    const Model &first = models_[which], &second = models_[1 - which];
    Model wanted[3];
    std::set_intersection(first.begin(), first.end(), second.begin(), second.end(),
                          std::inserter(wanted[0], wanted[0].end()));
    std::set_union(first.begin(), first.end(), second.begin(), second.end(),
                   std::inserter(wanted[1], wanted[1].end()));
    std::set_difference(first.begin(), first.end(), second.begin(), second.end(),
                        std::inserter(wanted[2], wanted[2].end()));
    const kevy::Members results[] = {kevy::intersect(sets), kevy::unite(sets),
                                     kevy::subtract(sets)};
    for (int i = 0; i < 3; ++i) FUZZ_CHECK(model_of(results[i]) == wanted[i]);
    const uint8_t stored = input_.below(6);
    if (stored >= 3 || wanted[stored].empty()) return;
    Set::store(keys_, kKeys[which], results[stored].list, limits_);
    models_[which] = wanted[stored];
    check_form(keys_.find(kKeys[which]), models_[which]);
  }

  // What a set may be at most; it may have grown into a bigger form before.
  void check_form(const Entry* entry, const Model& model) const {
    const bool numbers = std::all_of(model.begin(), model.end(), [](const std::string& member) {
      return kevy::parse_int64(member).has_value();
    });
    const bool fits = std::all_of(model.begin(), model.end(), [&](const std::string& member) {
      return member.size() <= limits_.packed_bytes;
    });
    if (entry->encoding() == kevy::Encoding::kIntset) {
      FUZZ_CHECK(numbers && model.size() <= limits_.intset_entries);
    } else if (entry->encoding() == kevy::Encoding::kPacked) {
      FUZZ_CHECK(fits && model.size() <= limits_.packed_entries);
    } else {
      FUZZ_CHECK(entry->encoding() == kevy::Encoding::kObject);
    }
  }

  void check(int which) {
    const Set set = view(which);
    const Model& model = models_[which];
    Model found, scanned;
    set.for_each([&](Bytes member) {
      FUZZ_CHECK(found.emplace(member).second);
      return kevy::Walk::kGoOn;
    });
    FUZZ_CHECK(found == model);
    uint64_t cursor = 0;
    do {
      cursor = set.scan(cursor, 10, [&](Bytes member) { scanned.emplace(member); });
    } while (cursor != 0);
    FUZZ_CHECK(scanned == model);
    if (model.empty()) return;
    const size_t wanted = input_.byte();
    size_t picked = 0;
    Model sample;
    set.pick(wanted, random_, [&](Bytes member) {
      FUZZ_CHECK(model.count(std::string(member)) == 1);
      ++picked;
    });
    set.sample(wanted, random_, [&](Bytes member) {
      FUZZ_CHECK(model.count(std::string(member)) == 1);
      FUZZ_CHECK(sample.emplace(member).second);
    });
    FUZZ_CHECK(picked == wanted && sample.size() == std::min(wanted, model.size()));
  }

  Input& input_;
  Set::Limits limits_{};
  kevy::Garbage garbage_;
  kevy::SpanPool spans_;
  kevy::Keyspace keys_{kevy::HashSecret::process(), garbage_, spans_};
  kevy::Random random_{1};
  Model models_[2];
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Program program(input);
  constexpr int kStepsMax = 200;  // more says little more, and takes long
  for (int i = 0; i < kStepsMax && !input.empty(); ++i) program.step();
  return 0;
}
