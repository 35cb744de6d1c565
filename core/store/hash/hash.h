// Hash: an entry seen as fields with their values, in whichever of its two forms it lies:
//
//   packed   inside the entry: field, value, field, value ... in the order they came; its count
//            counts the pairs. With field times each pair is followed by the moment it expires at,
//            or by the empty string.
//   big      a HashObject
//
// A hash becomes big when a limit that the caller gives is passed, and stays so. It has field times
// from its first field with a time to live on, and keeps them; the entry always knows when the next
// field expires. What has expired is there until erase_due takes it out. Made on the stack
// for one operation; knows no command, reply, clock or lock. Bytes that it gives are good until the
// next change of the hash. A change that finds no memory throws std::bad_alloc and has changed
// nothing. Touched only by the holder of the shard's lock.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/random.h"
#include "store/hash/hash_object.h"
#include "store/keyspace.h"
#include "store/packed/packed.h"

namespace kevy {

class Hash {
 public:
  /// Up to which size a hash is packed.
  struct Limits {
    size_t fields;
    size_t bytes;  // of a field's name, or of a value
  };

  /// `entry`: what the key has, or nullptr; the first field makes it then.
  Hash(Keyspace& keyspace, const Key& key, Entry* entry) noexcept
      : keyspace_(&keyspace), key_(key), entry_(entry) {}
  /// For reading only.
  explicit Hash(const Entry* entry) noexcept : entry_(const_cast<Entry*>(entry)) {}

  /// What stands behind a pair with field times.
  static Packing packed_time(int64_t expires_at_ms) noexcept {
    return expires_at_ms < 0 ? Packing(Bytes()) : Packing(expires_at_ms);
  }

  /// Where the hash is now.
  Entry* entry() const noexcept { return entry_; }
  size_t size() const noexcept {
    if (entry_ == nullptr) return 0;
    return is_packed() ? entry_->packed_count() : big().fields().size();
  }
  bool empty() const noexcept { return size() == 0; }

  /// The value of a field, if it is there.
  std::optional<PackedElement> find(Bytes field) const noexcept;
  /// The moment a field expires at, Keyspace::kNoExpiry when it has no time to live; nothing when it
  /// is not there.
  std::optional<int64_t> expiry_of(Bytes field) const noexcept;

  /// Whether the field is new. Neither of both may lie in this hash. `expires_at_ms`: a moment,
  /// Keyspace::kNoExpiry or kKeepExpiry.
  bool set(Bytes field, Bytes value, const Limits& limits,
           int64_t expires_at_ms = Keyspace::kNoExpiry);
  /// Sets the moment a field, which is there, expires at, or kNoExpiry.
  void set_expiry(Bytes field, int64_t expires_at_ms);
  /// Whether the field was there. The hash may be empty after it; its key is the caller's to erase.
  bool erase(Bytes field);

  /// Calls visit(Bytes field, Bytes value) for every field.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (entry_ == nullptr) return;
    if (!is_packed()) {
      big().fields().for_each([&](const Field& field) {
        visit(field.key(), field.value());
        return Walk::kGoOn;
      });
      return;
    }
    const size_t step = elements_a_field();
    for (PackedCursor at(entry_->packed()); !at.done(); at.skip(step)) visit_pair(at.at(), visit);
  }
  /// Calls visit(Bytes field, Bytes value, int64_t expires_at_ms) for every field.
  template <typename Visit>
  void for_each_with_expiry(Visit&& visit) const;

  /// Whether all fields expire at `now_ms` or before; the hash is not empty.
  bool all_due(int64_t now_ms) const noexcept;
  /// Removes fields that expire at `now_ms` or before, not more than `most`, and returns how many;
  /// calls taken(Bytes field) for each before. Throws only what `taken` and the allocator throw, and
  /// only when nothing was removed. The hash may be empty after it.
  template <typename Taken>
  size_t erase_due(int64_t now_ms, size_t most, Taken&& taken);

  /// A part of a full iteration, some `count` fields from `cursor` (0: the start); returns the
  /// cursor to go on with, 0 at the end. A field that stays is visited at least once, and a packed
  /// hash in one part. Any cursor is safe.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    if (entry_ != nullptr && !is_packed()) {
      return big().fields().scan_some(
          cursor, count, [&](const Field& field) { visit(field.key(), field.value()); });
    }
    for_each(visit);
    return 0;
  }

  /// Visits `count` fields by chance, each time every field with the same chance; the hash is not
  /// empty.
  template <typename Visit>
  void pick(size_t count, Random& random, Visit&& visit) const {
    if (!is_packed()) {
      for (; count != 0; --count) {
        const Field& field = *big().fields().random(random);
        visit(field.key(), field.value());
      }
      return;
    }
    if (count == 1) {
      PackedCursor at(entry_->packed());
      at.skip(elements_a_field() * random.below(size()));
      visit_pair(at.at(), visit);
      return;
    }
    std::vector<const char*> pairs;
    pairs.reserve(size());
    const size_t step = elements_a_field();
    for (PackedCursor at(entry_->packed()); !at.done(); at.skip(step)) pairs.push_back(at.at());
    for (; count != 0; --count) visit_pair(pairs[random.below(pairs.size())], visit);
  }

  /// Visits `count` different fields, but not more than there are, every choice of so many having
  /// the same chance.
  template <typename Visit>
  void sample(size_t count, Random& random, Visit&& visit) const {
    const size_t all = size();
    if (count >= all) {
      for_each(visit);
    } else if (is_packed() || count > all / kFewOf) {
      sample_walking(count, random, visit);
    } else {
      std::unordered_set<const Field*> picked;
      while (picked.size() < count) {
        const Field* field = big().fields().random(random);
        if (picked.insert(field).second) visit(field->key(), field->value());
      }
    }
  }

 private:
  friend class HashEdit;

  static constexpr size_t kTimeMost = 9;                    // bytes of a packed moment
  static constexpr char kNoTime = static_cast<char>(0x80);  // the code of the empty string

  /// Picking again what was picked already costs less than walking when one field in so many or
  /// fewer are wanted.
  static constexpr size_t kFewOf = 3;

  bool has_times() const noexcept { return entry_->has_field_times(); }
  size_t elements_a_field() const noexcept { return has_times() ? 3 : 2; }
  bool is_packed() const noexcept { return entry_->encoding() == Encoding::kPacked; }
  const HashObject& big() const noexcept {
    return static_cast<const HashObject&>(*entry_->object());
  }
  HashObject& big_to_change() noexcept {
    return static_cast<HashObject&>(keyspace_->object_to_change(*entry_, key_.hash));
  }

  template <typename Visit>
  static void visit_pair(const char* at, Visit&& visit) {
    char name_digits[kIntegerTextMax], value_digits[kIntegerTextMax];
    const PackedElement name = read_packed(at), value = read_packed(at + packed_size(at));
    visit(name.text(name_digits), value.text(value_digits));
  }

  /// Goes through all fields and takes each with the chance of what is wanted in what is left.
  template <typename Visit>
  void sample_walking(size_t wanted, Random& random, Visit&& visit) const {
    size_t left = size();
    for_each([&](Bytes field, Bytes value) {
      if (wanted != 0 && random.below(left) < wanted) {
        visit(field, value);
        --wanted;
      }
      --left;
    });
  }

  static int64_t read_time(const char* at) noexcept {
    const PackedElement time = read_packed(at);
    return time.is_integer ? time.integer : Keyspace::kNoExpiry;
  }
  const char* find_packed(const Packing& field) const noexcept;
  const char* find_time(Bytes field) const noexcept;
  bool set_with_time(Bytes field, Bytes value, int64_t expires_at_ms);
  bool set_big(Bytes field, Bytes value, int64_t expires_at_ms);
  std::unique_ptr<HashObject> to_object() const;
  void put_packed(Bytes content, size_t count, int64_t fields_expire_at_ms);
  void add_times();
  void expect_expiry(int64_t expires_at_ms);
  void note_next_expiry();

  Keyspace* keyspace_ = nullptr;
  Key key_;
  Entry* entry_;
};

template <typename Visit>
void Hash::for_each_with_expiry(Visit&& visit) const {
  if (entry_ == nullptr) return;
  if (!is_packed()) {
    const HashObject& object = big();
    object.fields().for_each([&](const Field& field) {
      visit(field.key(), field.value(), object.expiry_of(field));
      return Walk::kGoOn;
    });
    return;
  }
  PackedCursor at(entry_->packed());
  while (!at.done()) {
    const char* const pair = at.at();
    at.skip(2);
    int64_t expires_at_ms = Keyspace::kNoExpiry;
    if (has_times()) {
      expires_at_ms = read_time(at.at());
      at.skip();
    }
    visit_pair(pair, [&](Bytes field, Bytes value) { visit(field, value, expires_at_ms); });
  }
}

template <typename Taken>
size_t Hash::erase_due(int64_t now_ms, size_t most, Taken&& taken) {
  size_t erased = 0;
  if (!has_times()) return erased;
  if (is_packed()) {
    std::string kept;
    kept.reserve(entry_->packed().size());
    for (PackedCursor at(entry_->packed()); !at.done();) {
      const char* const begin = at.at();
      at.skip(2);
      const int64_t expires_at_ms = read_time(at.at());
      at.skip();
      if (expires_at_ms != Keyspace::kNoExpiry && expires_at_ms <= now_ms && erased < most) {
        visit_pair(begin, [&](Bytes field, Bytes) { taken(field); });
        ++erased;
      } else {
        kept.append(begin, at.at());
      }
    }
    put_packed(kept, size() - erased, entry_->fields_expire_at_ms());
  } else {
    HashObject& object = big_to_change();
    const auto is_due = [&] {
      return object.times() != nullptr && object.times()->first().at_ms <= now_ms;
    };
    try {
      for (; erased < most && is_due(); ++erased) {
        taken(object.times()->first().field->key());
        object.erase_first();
      }
    } catch (...) {
      if (erased == 0) throw;
    }
    keyspace_->account(object);
  }
  note_next_expiry();
  return erased;
}

}  // namespace kevy
