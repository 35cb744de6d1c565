// Hash: an entry seen as fields with their values, in whichever of its two forms it lies:
//
//   packed   inside the entry: field, value, field, value ... in the order they came; its count
//            counts the pairs
//   big      a HashObject
//
// A hash becomes big when a limit that the caller gives is passed, and stays so. Made on the stack
// for one operation; knows no command, reply, clock or lock. Bytes that it gives are good until the
// next change of the hash. A change that finds no memory throws std::bad_alloc and has changed
// nothing. Touched only by the holder of the shard's lock.
#pragma once

#include <optional>
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

  /// Where the hash is now.
  Entry* entry() const noexcept { return entry_; }
  size_t size() const noexcept {
    if (entry_ == nullptr) return 0;
    return is_packed() ? entry_->packed_count() : big().fields().size();
  }
  bool empty() const noexcept { return size() == 0; }

  /// The value of a field, if it is there.
  std::optional<PackedElement> find(Bytes field) const noexcept;
  /// Whether the field is new. Neither of both may lie in this hash.
  bool set(Bytes field, Bytes value, const Limits& limits);
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
    for (PackedCursor at(entry_->packed()); !at.done(); at.skip(2)) visit_pair(at.at(), visit);
  }

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
      at.skip(2 * random.below(size()));
      visit_pair(at.at(), visit);
      return;
    }
    std::vector<const char*> pairs;
    pairs.reserve(size());
    for (PackedCursor at(entry_->packed()); !at.done(); at.skip(2)) pairs.push_back(at.at());
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
  /// Picking again what was picked already costs less than walking when one field in so many or
  /// fewer are wanted.
  static constexpr size_t kFewOf = 3;

  bool is_packed() const noexcept { return entry_->encoding() == Encoding::kPacked; }
  HashObject& big() const noexcept { return static_cast<HashObject&>(*entry_->object()); }

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

  const char* find_packed(const Packing& field) const noexcept;
  bool set_big(Bytes field, Bytes value);

  Keyspace* keyspace_ = nullptr;
  Key key_;
  Entry* entry_;
};

}  // namespace kevy
