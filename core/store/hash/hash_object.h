// HashObject: a hash in the form that scales: its fields in a table, each field with its value in
// one block of its slab. When fields with a time to live expire is told by a FieldTimes, which is
// there while there are such fields.
//
// Made, changed and read through Hash (hash.h) alone. Touched only by the holder of the shard's
// lock; destroyed by anyone once the keyspace has let go of it.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "base/random.h"
#include "store/hash/field_times.h"
#include "store/object.h"
#include "store/table/slab.h"
#include "store/table/table.h"

namespace kevy {

/// A field and its value:
///
///   length of the field | field | length of the value | value | place in the FieldTimes (4, if the
///   field has a time to live)
///
/// A length is in groups of seven bits, the low ones first; all bytes but its last have the high
/// bit set. So what is shorter than 128 bytes costs one byte more. A time to live is shown by a
/// needless last group in the value's length, a zero: who only reads the value need not know.
class Field {
 public:
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;

  Bytes key() const noexcept { return read_sized(begin()); }
  Bytes value() const noexcept { return read_sized(end_of_key()); }

 private:
  friend class FieldTimes;
  friend class HashObject;
  friend class HashObjectEdit;
  friend class Slab;
  Field() = default;

  static size_t size(Bytes name, Bytes value, bool timed = false) noexcept;
  size_t memory_size() const noexcept {
    const char* at = end_of_key();
    const auto first = static_cast<uint8_t>(*at);
    if (first >= 0x80) [[unlikely]] return long_memory_size();
    return static_cast<size_t>(at - begin()) + 1 + first;
  }
  size_t long_memory_size() const noexcept;

  bool is_timed() const noexcept {
    const char* at = end_of_key();
    if (static_cast<uint8_t>(*at) < 0x80) [[likely]] return false;
    while (static_cast<uint8_t>(*at) >= 0x80) ++at;
    return *at == 0;
  }
  /// Only with is_timed().
  uint32_t place() const noexcept {
    const Bytes last = value();
    uint32_t place;
    std::memcpy(&place, last.data() + last.size(), sizeof place);
    return place;
  }
  void set_place(uint32_t place) noexcept {
    const Bytes last = value();
    std::memcpy(const_cast<char*>(last.data() + last.size()), &place, sizeof place);
  }

  const char* begin() const noexcept { return reinterpret_cast<const char*>(this); }
  const char* end_of_key() const noexcept {
    const Bytes name = key();
    return name.data() + name.size();
  }
  static Bytes read_sized(const char* at) noexcept {
    const auto first = static_cast<uint8_t>(*at);
    if (first < 0x80) [[likely]]
      return {at + 1, first};
    size_t size = first & 0x7f;
    for (unsigned shift = 7;; shift += 7) {
      const auto next = static_cast<uint8_t>(*++at);
      size |= static_cast<size_t>(next & 0x7f) << shift;
      if (next < 0x80) return {at + 1, size};
    }
  }
};

class HashObject final : public Object {
 public:
  /// In the place of a moment: no time to live; and, for set() alone, the one that the field has.
  static constexpr int64_t kNoExpiry = -1, kKeepExpiry = -2;

  HashObject() : fields_(HashSecret::process()) {}
  ~HashObject() override;

  std::unique_ptr<Object> clone() const override;
  std::unique_ptr<ObjectView> view(size_t elements) override;
  size_t memory_bytes() const noexcept override;

  /// For reading: finding, walking and picking.
  const Table<Field>& fields() const noexcept { return fields_; }
  /// The moment a field of this hash expires at, or kNoExpiry.
  int64_t expiry_of(const Field& field) const noexcept {
    return field.is_timed() ? times_->at(field.place()).at_ms : kNoExpiry;
  }
  /// When some fields have a time to live, the earliest moment one expires at.
  const FieldTimes* times() const noexcept {
    return times_ != nullptr && !times_->empty() ? times_.get() : nullptr;
  }

  /// Whether the field is new. Neither of both may lie in this hash.
  bool set(Bytes name, Bytes value, int64_t expires_at_ms = kNoExpiry);
  /// Whether the field is there.
  bool set_expiry(Bytes name, int64_t expires_at_ms);
  /// Whether the field was there.
  bool erase(Bytes name) noexcept;
  /// Removes the field that expires first; there is one.
  void erase_first() noexcept { erase(times_->first().field->key()); }

 private:
  friend class HashObjectEdit;
  class View;

  void insert(Bytes name, Bytes value, uint64_t hash, int64_t expires_at_ms);
  /// As insert(), but no block moves until settle(). After it `further_times` more fields can be given
  /// a moment to expire at.
  void insert_unmoved(Bytes name, Bytes value, uint64_t hash, int64_t expires_at_ms,
                      size_t further_times);
  void put_back(Field* field) noexcept { slab_.put_back(field, field->memory_size()); }
  void settle() noexcept;
  void replace(Table<Field>::Slot slot, Bytes name, Bytes value, int64_t expires_at_ms);
  Field* make(Bytes name, Bytes value, bool timed = false);
  void release(Field* field) noexcept;
  void moved(Field* copy) noexcept;
  void reserve_times(size_t count);
  void forget_time(uint32_t place) noexcept;
  void shrink_times() noexcept;

  Table<Field> fields_;
  Slab slab_;
  std::unique_ptr<FieldTimes> times_;
};

}  // namespace kevy
