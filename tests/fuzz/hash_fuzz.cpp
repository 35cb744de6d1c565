// Hashes: a program of changes leaves what it leaves in a map, whatever fields and values, in both
// forms, with times to live and without, and the memory counted is back at its start when the key
// is gone. Several changes at once too, whether they come about or are given up.
//
// Input: the limits of the packed form, then operations: what to do, a field, and a value or a
// moment where one is needed. A text is a byte of shape: a number, a short text or a long one.
#include <algorithm>
#include <deque>
#include <map>
#include <string>

#include "fuzz.h"
#include "store/hash/hash_edit.h"

namespace {

using kevy::Bytes;
using kevy::Hash;
using kevy::fuzz::Input;

std::string read_text(Input& input) {
  const uint8_t shape = input.byte();
  if (shape < 64) return std::to_string(input.raw<int64_t>() >> shape);
  if (shape < 192) return std::string(input.bytes(shape - 64));
  return std::string(size_t{shape - 191u} * 75, static_cast<char>(input.byte()));
}

class Program {
 public:
  explicit Program(Input& input) : input_(input) {
    limits_.fields = input.byte();
    limits_.bytes = size_t{input.byte()} * 32;
  }
  ~Program() {
    check_all();
    keys_.erase(key_);
    FUZZ_CHECK(keys_.memory_bytes() <= kEmptyTables);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void step() {
    Hash hash(keys_, key_, keys_.find(key_));
    const uint8_t choice = input_.below(12);
    const std::string field = read_text(input_);
    const auto known = model_.find(field);
    const bool there = known != model_.end();
    if (choice < 3) {
      const std::string value = read_text(input_);
      was_big_ |= std::max(field.size(), value.size()) > limits_.bytes ||
                  model_.size() + (there ? 0 : 1) > limits_.fields;
      const int64_t expires_at_ms = choice == 0 ? read_expiry() : kevy::Keyspace::kNoExpiry;
      FUZZ_CHECK(hash.set(field, value, limits_, expires_at_ms) == !there);
      Timed& timed = model_[field];
      timed.value = value;
      if (expires_at_ms != kevy::Keyspace::kKeepExpiry) timed.expires_at_ms = expires_at_ms;
      const bool packed = hash.entry()->encoding() == kevy::Encoding::kPacked;
      FUZZ_CHECK(packed == !was_big_);
    } else if (choice < 5) {
      FUZZ_CHECK(hash.erase(field) == there);
      model_.erase(field);
    } else if (choice == 5) {
      const auto found = hash.find(field);
      FUZZ_CHECK(found.has_value() == there);
      char digits[kevy::kIntegerTextMax];
      if (there) FUZZ_CHECK(found->text(digits) == known->second.value);
    } else if (choice == 6) {
      change_key(hash);
    } else if (choice == 7) {
      check_all();
    } else if (choice < 10) {
      if (there) change_expiry(hash, field);
    } else if (choice == 10) {
      erase_due(hash);
    } else {
      edit();
    }
    check_next_expiry();
  }

 private:
  static constexpr size_t kEmptyTables = 3 * 4096;

  struct Timed {
    std::string value;
    int64_t expires_at_ms = kevy::Keyspace::kNoExpiry;
    bool operator==(const Timed&) const = default;
    bool due(int64_t now_ms) const {
      return expires_at_ms != kevy::Keyspace::kNoExpiry && expires_at_ms <= now_ms;
    }
  };

  int64_t read_expiry() {
    const uint8_t kind = input_.below(3);
    return kind == 0   ? kevy::Keyspace::kNoExpiry
           : kind == 1 ? kevy::Keyspace::kKeepExpiry
                       : input_.byte() * int64_t{1000};
  }
  void change_expiry(Hash& hash, const std::string& field) {
    const int64_t expires_at_ms = read_expiry();
    if (expires_at_ms == kevy::Keyspace::kKeepExpiry) return;
    hash.set_expiry(field, expires_at_ms);
    model_[field].expires_at_ms = expires_at_ms;
    FUZZ_CHECK(hash.expiry_of(field) == expires_at_ms);
  }
  void erase_due(Hash& hash) {
    if (hash.entry() == nullptr) return;
    const int64_t now_ms = input_.byte() * int64_t{1000};
    const size_t most = input_.byte();
    size_t due = 0;
    for (const auto& [field, timed] : model_) due += timed.due(now_ms) ? 1 : 0;
    if (!model_.empty()) FUZZ_CHECK(hash.all_due(now_ms) == (due == model_.size()));
    const size_t erased = hash.erase_due(now_ms, most, [&](Bytes field) {
      FUZZ_CHECK(model_.at(std::string(field)).due(now_ms));
      model_.erase(std::string(field));
    });
    FUZZ_CHECK(erased == std::min(most, due));
  }
  void check_next_expiry() {
    const kevy::Entry* entry = keys_.find(key_);
    FUZZ_CHECK(Hash(entry).size() == model_.size());
    int64_t next = kevy::Entry::kNoFieldExpires;
    for (const auto& [field, timed] : model_) {
      if (timed.expires_at_ms != kevy::Keyspace::kNoExpiry) {
        next = std::min(next, timed.expires_at_ms);
      }
    }
    const bool awaits = next != kevy::Entry::kNoFieldExpires;
    FUZZ_CHECK(keys_.size_with_field_expiry() == (awaits ? 1 : 0));
    if (awaits) FUZZ_CHECK(entry->fields_expire_at_ms() == next);
  }

  // Several changes together, which come about or do not. As commands have it, all are of one kind
  // and to one moment, and only fields that are set may be named again.
  void edit() {
    const uint8_t what = input_.byte();
    std::deque<std::string> texts;  // outlive the edit
    auto model = model_;
    bool big = was_big_;
    {
      kevy::HashEdit edit(keys_, key_, keys_.find(key_));
      const int64_t expires_at_ms = read_expiry();
      if (what % 3 == 0) {
        for (auto& [field, timed] : model) {
          if (expires_at_ms == kevy::Keyspace::kKeepExpiry || input_.below(2) == 0) continue;
          edit.set_expiry(field, expires_at_ms);
          timed.expires_at_ms = expires_at_ms;
        }
      } else {
        for (int left = 1 + what / 3 % 16; left != 0; --left) {
          const std::string& field = texts.emplace_back(read_text(input_));
          const std::string& value = texts.emplace_back(read_text(input_));
          big |= std::max(field.size(), value.size()) > limits_.bytes ||
                 model.size() + (model.contains(field) ? 0 : 1) > limits_.fields;
          FUZZ_CHECK(edit.set(field, value, limits_, expires_at_ms) == !model.contains(field));
          Timed& timed = model[field];
          timed.value = value;
          if (expires_at_ms != kevy::Keyspace::kKeepExpiry) timed.expires_at_ms = expires_at_ms;
        }
      }
      if (what < 192) {
        edit.commit();
        model_ = std::move(model);
        was_big_ = big;
      }
    }
    check_all();
  }

  // A time to live, a copy in its place, or on its way over another key.
  void change_key(const Hash& hash) {
    if (hash.entry() == nullptr) return;
    const uint8_t how = input_.below(3);
    const int64_t expires_at_ms = input_.below(2) == 0 ? -1 : 1000;
    if (how == 0) {
      keys_.set_expiry(hash.entry(), key_.hash, expires_at_ms);
    } else if (how == 1) {
      keys_.put(key_, kevy::Keyspace::copy_value(*hash.entry()), expires_at_ms);
    } else {
      keys_.move(key_, keys_, aside_);
      keys_.move(aside_, keys_, key_);
    }
  }
  void check_all() const {
    std::map<std::string, Timed> found;
    const Hash hash(keys_.find(key_));
    hash.for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
      FUZZ_CHECK(found.emplace(field, Timed{std::string(value), expires_at_ms}).second);
    });
    FUZZ_CHECK(found == model_);
    size_t scanned = 0;
    uint64_t cursor = 0;
    do {
      cursor = hash.scan(cursor, 10, [&](Bytes field, Bytes value) {
        FUZZ_CHECK(model_.at(std::string(field)).value == value);
        ++scanned;
      });
    } while (cursor != 0);
    FUZZ_CHECK(scanned == model_.size());
  }

  Input& input_;
  Hash::Limits limits_{};
  kevy::Garbage garbage_;
  kevy::SpanPool spans_;
  kevy::Keyspace keys_{kevy::HashSecret::process(), garbage_, spans_};
  const kevy::Key key_{"hash", hash_bytes("hash", kevy::HashSecret::process())};
  const kevy::Key aside_{"aside", hash_bytes("aside", kevy::HashSecret::process())};
  std::map<std::string, Timed> model_;
  bool was_big_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Program program(input);
  while (!input.empty()) program.step();
  return 0;
}
