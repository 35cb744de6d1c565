// Entry: one key of a keyspace with its value, in one allocation.
//
//   header (8 bytes) | expiry (8, if it has one) | value word (8, unless the value is inside) |
//   first field expiry (8, if it has field times) |
//   long key length (4, if the key has 255 bytes or more) | key | value inside
//
// A hash has field times from when one of its fields is first given a time to live. What it holds
// then lies in another way, which is Hash's matter.
//
// Integers, short strings and small collections live in the entry itself; a longer string is a
// shared block that replies may hold on to; a big collection is an object behind the value word.
// A collection inside is its size in bytes (3), a count (3) and its bytes.
//
// Entries are made, changed and freed by Keyspace alone, which updates the table when an entry
// has to move. Everybody else reads. Touched only by the holder of the shard's lock.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/shared_bytes.h"

namespace kevy {

class Object;

enum class Type : uint8_t { kString, kList, kSet, kZset, kHash, kStream };

/// How the value lies in memory.
enum class Encoding : uint8_t {
  kInteger,   // string: the value word is the number
  kEmbedded,  // string: the bytes are inside
  kShared,    // string: the value word is a SharedBytes::Block*
  kPacked,    // collection: inside, a sequence as in packed.h
  kIntset,    // set: inside, its numbers in ascending order
  kObject,    // collection: the value word is an Object*
};

constexpr bool lies_inside(Encoding encoding) noexcept {
  return encoding == Encoding::kEmbedded || encoding == Encoding::kPacked ||
         encoding == Encoding::kIntset;
}

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

  /// Whether this is a hash whose fields may have times to live.
  bool has_field_times() const noexcept { return (flags_ & kHasFieldTimes) != 0; }
  static constexpr int64_t kNoFieldTimes = -1, kNoFieldExpires = INT64_MAX;
  /// No field of the hash expires before this moment; kNoFieldExpires when none has a time to live,
  /// kNoFieldTimes without field times.
  int64_t fields_expire_at_ms() const noexcept {
    return has_field_times() ? word(field_times_offset()) : kNoFieldTimes;
  }
  bool fields_expired(int64_t now_ms) const noexcept {
    return has_field_times() && fields_expire_at_ms() <= now_ms;
  }
  /// Whether the key or some of its fields may ever expire.
  bool may_expire() const noexcept { return (flags_ & (kHasExpiry | kHasFieldTimes)) != 0; }

  /// Only for Encoding::kInteger.
  int64_t integer() const noexcept { return word(word_offset()); }
  /// Only for Encoding::kEmbedded and kShared. Valid until the entry is changed.
  Bytes string() const noexcept {
    if (encoding() == Encoding::kShared) return {shared()->data(), shared()->size};
    return {value_begin(), value_size_};
  }
  /// Only for Encoding::kShared.
  SharedBytes::Block* shared() const noexcept {
    SharedBytes::Block* block;
    std::memcpy(&block, at(word_offset()), sizeof block);
    return block;
  }

  /// Only for Encoding::kPacked and kIntset: the bytes after size and count. Valid until the entry
  /// is changed.
  Bytes packed() const noexcept {
    const char* head = value_begin();
    return {head + kPackedHead, load24(head)};
  }
  /// Only for Encoding::kPacked and kIntset: what the type counts: elements, or pairs.
  uint32_t packed_count() const noexcept { return load24(value_begin() + 3); }
  /// Only for Encoding::kObject. To change it, see Keyspace.
  const Object* object() const noexcept { return own_object(); }

  /// The bytes of the entry itself.
  size_t size_bytes() const noexcept {
    return static_cast<size_t>(value_begin() - reinterpret_cast<const char*>(this)) +
           inside_size();
  }

  /// What a table that finds the entry is to fetch at once. Any part of a packed sorted set may be
  /// looked at next; other collections are walked from their start or changed at an end.
  size_t fetched_bytes() const noexcept {
    size_t size = capacity_for(size_bytes());
    if (encoding() == Encoding::kPacked || encoding() == Encoding::kIntset) size += spare();
    return type() == Type::kZset ? size : std::min(size, kFetchedMost);
  }

  /// Whether a string was grown in place, which OBJECT ENCODING shows as "raw".
  bool grown() const noexcept { return (flags_ & kGrown) != 0; }

  /// 24 bits for the eviction policy: seconds of last access (LRU) or minutes and counter (LFU).
  uint32_t access() const noexcept { return access_; }
  void set_access(uint32_t access) noexcept { access_ = access & 0xffffff; }

 private:
  friend class EntryImages;
  friend class EntryMemory;
  friend class Keyspace;
  friend class KeyspaceView;

  static constexpr uint8_t kHasExpiry = 1, kGrown = 2, kInSpan = 4, kHasFieldTimes = 8;
  static constexpr uint8_t kLongKey = 255;
  static constexpr size_t kPackedHead = 6;
  static constexpr size_t kFetchedMost = 512;
  static constexpr size_t kSpareStep = 8, kSpareMax = 255 * kSpareStep;

  /// The memory that an entry of `size` bytes is given: a multiple of 8, and of a 16th of the power
  /// of two below it when it is large, which is a collection that may still grow. The entry stays
  /// where it is while this is the same.
  static constexpr size_t capacity_for(size_t size) noexcept {
    if (size < 512) [[likely]] return (size + 7) & ~size_t{7};
    const size_t step = std::bit_floor(size) / 16;  // a power of two, so that nothing is divided
    return (size + step - 1) & ~(step - 1);
  }

  // In two loads: a copy of three bytes goes through memory, and waits for it.
  static uint32_t load24(const char* from) noexcept {
    uint16_t low;
    std::memcpy(&low, from, sizeof low);
    return low | static_cast<uint32_t>(static_cast<uint8_t>(from[2])) << 16;
  }
  void set_packed_head(uint32_t size, uint32_t count) noexcept {
    char* head = value_begin();
    std::memcpy(head, &size, 3);
    std::memcpy(head + 3, &count, 3);
  }
  /// Only for Encoding::kPacked and kIntset: what the entry's memory has at least beyond what an
  /// entry of its size is given.
  size_t spare() const noexcept { return value_size_ * kSpareStep; }
  void set_spare(size_t spare) noexcept {
    value_size_ = static_cast<uint8_t>(std::min(spare, kSpareMax) / kSpareStep);
  }
  const char* value_begin() const noexcept {
    return at(key_offset_) + (key_size_ != kLongKey ? key_size_ : long_key_size());
  }
  char* value_begin() noexcept {
    return at(key_offset_) + (key_size_ != kLongKey ? key_size_ : long_key_size());
  }
  size_t inside_size() const noexcept {
    if (encoding() == Encoding::kPacked || encoding() == Encoding::kIntset) {
      return kPackedHead + load24(value_begin());
    }
    return value_size_;
  }
  /// The value as it lies inside, whatever it is.
  Bytes inside() const noexcept { return {value_begin(), inside_size()}; }

  char* at(size_t offset) noexcept { return reinterpret_cast<char*>(this) + offset; }
  const char* at(size_t offset) const noexcept {
    return reinterpret_cast<const char*>(this) + offset;
  }
  Object* own_object() const noexcept {
    Object* object;
    std::memcpy(&object, at(word_offset()), sizeof object);
    return object;
  }
  void set_object(Object* object) noexcept {
    std::memcpy(at(word_offset()), &object, sizeof object);
  }
  size_t word_offset() const noexcept { return sizeof(Entry) + (has_expiry() ? 8 : 0); }
  size_t field_times_offset() const noexcept {
    return word_offset() + (lies_inside(encoding()) ? 0 : 8);
  }
  /// Whether a field is to expire some day.
  bool awaits_field_expiry() const noexcept {
    return has_field_times() && fields_expire_at_ms() != kNoFieldExpires;
  }
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
  uint8_t value_size_;  // of an embedded string; of a collection inside, the steps it has to spare
  uint32_t access_ : 24;
  uint32_t key_offset_ : 8;  // from the entry's start; follows from the other fields
};
static_assert(sizeof(Entry) == 8);

}  // namespace kevy
