// HashObject: a hash in the form that scales: its fields in a table, each field with its value in
// one block of its slab.
//
// Made, changed and read through Hash (hash.h) alone. Touched only by the holder of the shard's
// lock; destroyed by anyone once the keyspace has let go of it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"
#include "store/object.h"
#include "store/table/slab.h"
#include "store/table/table.h"

namespace kevy {

/// A field and its value:
///
///   length of the field | field | length of the value | value
///
/// A length is in groups of seven bits, the low ones first; all bytes but its last have the high
/// bit set. So what is shorter than 128 bytes costs one byte more.
class Field {
 public:
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;

  Bytes key() const noexcept { return read_sized(begin()); }
  Bytes value() const noexcept {
    const Bytes name = key();
    return read_sized(name.data() + name.size());
  }

 private:
  friend class HashObject;
  friend class Slab;
  Field() = default;

  static size_t size(Bytes name, Bytes value) noexcept;
  size_t memory_size() const noexcept { return size(key(), value()); }

  const char* begin() const noexcept { return reinterpret_cast<const char*>(this); }
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
  HashObject() : fields_(HashSecret::process()) {}
  ~HashObject() override;

  std::unique_ptr<Object> clone() const override;
  size_t memory_bytes() const noexcept override;

  /// For reading: finding, walking and picking.
  const Table<Field>& fields() const noexcept { return fields_; }
  /// Whether the field is new. Neither of both may lie in this hash.
  bool set(Bytes name, Bytes value);
  /// Whether the field was there.
  bool erase(Bytes name) noexcept;

 private:
  void insert(Bytes name, Bytes value, uint64_t hash);
  Field* make(Bytes name, Bytes value);
  void release(Field* field) noexcept;
  void moved(Field* copy) noexcept { fields_.find(copy->key()).replace(copy); }

  Table<Field> fields_;
  Slab slab_;
};

}  // namespace kevy
