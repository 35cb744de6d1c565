// Entry: one key of a keyspace with its value, in one allocation.
//
//   header (8 bytes) | expiry (8, if it has one) | value word (8, unless embedded) |
//   long key length (4, if the key has 255 bytes or more) | key | embedded value
//
// Integers and short strings live in the entry itself; a longer string is a shared block that
// replies may hold on to; the other types are objects behind the value word.
//
// Entries are made, changed and freed by Keyspace alone, which updates the table when an entry
// has to move. Everybody else reads. Touched only by the holder of the shard's lock.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/shared_bytes.h"

namespace kevy {

enum class Type : uint8_t { kString, kList, kSet, kZset, kHash, kStream };

/// How the value lies in memory. Step by step with the types that use it.
enum class Encoding : uint8_t {
  kInteger,   // string: the value word is the number
  kEmbedded,  // string: the bytes follow the key
  kShared,    // string: the value word is a SharedBytes::Block*
  kObject,    // other types: the value word is an Object*
};

class Entry {
 public:
  static constexpr size_t kEmbeddedMax = 192;

  Type type() const noexcept { return static_cast<Type>(kind_ & 0x0f); }
  Encoding encoding() const noexcept { return static_cast<Encoding>(kind_ >> 4); }
  bool is_string() const noexcept { return type() == Type::kString; }

  Bytes key() const noexcept {
    return {at(key_offset_), key_size_ != kLongKey ? key_size_ : long_key_size()};
  }

  bool has_expiry() const noexcept { return (flags_ & kHasExpiry) != 0; }
  /// Milliseconds since the Unix epoch; -1 when the key has no time to live.
  int64_t expires_at_ms() const noexcept { return has_expiry() ? word(sizeof(Entry)) : -1; }
  bool expired(int64_t now_ms) const noexcept { return has_expiry() && expires_at_ms() <= now_ms; }

  /// Only for Encoding::kInteger.
  int64_t integer() const noexcept { return word(word_offset()); }
  /// Only for Encoding::kEmbedded and kShared. Valid until the entry is changed.
  Bytes string() const noexcept {
    if (encoding() == Encoding::kShared) return {shared()->data(), shared()->size};
    const Bytes name = key();
    return {name.data() + name.size(), value_size_};
  }
  /// Only for Encoding::kShared.
  SharedBytes::Block* shared() const noexcept {
    SharedBytes::Block* block;
    std::memcpy(&block, at(word_offset()), sizeof block);
    return block;
  }

  /// The bytes of the entry itself.
  size_t size_bytes() const noexcept {
    const Bytes name = key();
    return static_cast<size_t>(name.data() + name.size() - reinterpret_cast<const char*>(this)) +
           value_size_;
  }

  /// Whether a string was grown in place, which OBJECT ENCODING shows as "raw".
  bool grown() const noexcept { return (flags_ & kGrown) != 0; }

  /// 24 bits for the eviction policy: seconds of last access (LRU) or minutes and counter (LFU).
  uint32_t access() const noexcept { return access_; }
  void set_access(uint32_t access) noexcept { access_ = access & 0xffffff; }

 private:
  friend class Keyspace;
  friend struct EntryLayout;

  static constexpr uint8_t kHasExpiry = 1, kGrown = 2;
  static constexpr uint8_t kLongKey = 255;

  char* at(size_t offset) noexcept { return reinterpret_cast<char*>(this) + offset; }
  const char* at(size_t offset) const noexcept {
    return reinterpret_cast<const char*>(this) + offset;
  }
  size_t word_offset() const noexcept { return sizeof(Entry) + (has_expiry() ? 8 : 0); }
  int64_t word(size_t offset) const noexcept {
    int64_t value;
    std::memcpy(&value, at(offset), sizeof value);
    return value;
  }
  void set_word(size_t offset, int64_t value) noexcept {
    std::memcpy(at(offset), &value, sizeof value);
  }
  size_t long_key_size() const noexcept {
    uint32_t size;
    std::memcpy(&size, at(key_offset_ - sizeof size), sizeof size);
    return size;
  }

  uint8_t kind_;
  uint8_t flags_;
  uint8_t key_size_;    // 255: the long key length holds it
  uint8_t value_size_;  // of an embedded value
  uint32_t access_ : 24;
  uint32_t key_offset_ : 8;  // from the entry's start; follows from the other fields
};
static_assert(sizeof(Entry) == 8);

}  // namespace kevy
