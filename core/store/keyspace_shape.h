// What the sources of Keyspace share about how entries lie in memory.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/number.h"
#include "store/keyspace.h"

namespace kevy {

/// Whether `value` is the shortest decimal form of a number, and which.
inline bool is_integer(Bytes value, int64_t& number) {
  if (value.empty() || value.size() > kIntegerTextMax || value[0] > '9') return false;
  const auto parsed = parse_int64(value);
  if (parsed) number = *parsed;
  return parsed.has_value();
}

inline void move_bytes(char* to, Bytes from) {
  if (!from.empty()) std::memmove(to, from.data(), from.size());
}

/// How an entry is to lie in memory.
struct Keyspace::Shape {
  Type type = Type::kString;
  Encoding encoding;
  int64_t expires_at_ms;  // kNoExpiry or a moment
  bool grown = false;
  Bytes inside = {};       // may point into the entry that is replaced
  size_t inside_size = 0;  // at least inside.size(): what follows is cleared
  int64_t word = 0;        // the integer, the block or the object
  int64_t fields_expire_at_ms = Entry::kNoFieldTimes;

  bool has_expiry() const noexcept { return expires_at_ms != kNoExpiry; }
  bool has_field_times() const noexcept { return fields_expire_at_ms != Entry::kNoFieldTimes; }
  bool awaits_field_expiry() const noexcept {
    return has_field_times() && fields_expire_at_ms != Entry::kNoFieldExpires;
  }
  size_t key_offset(size_t key_size) const noexcept {
    return sizeof(Entry) + (has_expiry() ? 8 : 0) + (lies_inside(encoding) ? 0 : 8) +
           (has_field_times() ? 8 : 0) + (key_size >= Entry::kLongKey ? 4 : 0);
  }

  // `key_offset` is what key_offset() says, computed once.
  bool fits(const Entry& entry, size_t key_offset, size_t key_size) const noexcept;
  // An entry is written in this order, since where a part lies follows from those before it.
  static void write_key(Entry& entry, size_t key_offset, Bytes key) noexcept;
  void write_head(Entry& entry, size_t key_offset, size_t key_size) const noexcept;
  void write_value(Entry& entry, size_t key_offset, size_t key_size) const noexcept;
};

// Whether an entry of this shape can take the memory of `entry`, whose key stays where it is.
inline bool Keyspace::Shape::fits(const Entry& entry, size_t key_offset,
                                  size_t key_size) const noexcept {
  return entry.key_offset_ == key_offset &&
         Entry::capacity_for(key_offset + key_size + inside_size) ==
             Entry::capacity_for(entry.size_bytes());
}

inline void Keyspace::Shape::write_key(Entry& entry, size_t key_offset, Bytes key) noexcept {
  entry.key_offset_ = static_cast<uint32_t>(key_offset) & 0xff;
  move_bytes(entry.at(key_offset), key);
}

// All that lies before the key and is no value.
inline void Keyspace::Shape::write_head(Entry& entry, size_t key_offset,
                                        size_t key_size) const noexcept {
  entry.kind_ = static_cast<uint8_t>(static_cast<unsigned>(encoding) << 4 |
                                     static_cast<unsigned>(type));
  entry.flags_ = static_cast<uint8_t>((entry.flags_ & Entry::kInSpan) |
                                      (has_expiry() ? Entry::kHasExpiry : 0) |
                                      (has_field_times() ? Entry::kHasFieldTimes : 0) |
                                      (grown ? Entry::kGrown : 0));
  entry.key_size_ = static_cast<uint8_t>(std::min<size_t>(key_size, Entry::kLongKey));
  if (key_size >= Entry::kLongKey) {
    const auto size = static_cast<uint32_t>(key_size);
    std::memcpy(entry.at(key_offset - sizeof size), &size, sizeof size);
  }
  if (has_expiry()) entry.set_word(sizeof(Entry), expires_at_ms);
  if (has_field_times()) entry.set_word(entry.field_times_offset(), fields_expire_at_ms);
}

inline void Keyspace::Shape::write_value(Entry& entry, size_t key_offset,
                                         size_t key_size) const noexcept {
  entry.value_size_ = 0;
  if (!lies_inside(encoding)) {
    entry.set_word(entry.word_offset(), word);
    return;
  }
  char* const value = entry.at(key_offset + key_size);
  move_bytes(value, inside);  // which may lie in this very memory: the key before it has not moved
  std::memset(value + inside.size(), 0, inside_size - inside.size());
  if (encoding == Encoding::kEmbedded) {
    entry.value_size_ = static_cast<uint8_t>(inside_size);
  } else if (inside.empty()) {
    entry.set_packed_head(static_cast<uint32_t>(inside_size - Entry::kPackedHead), 0);
  }
}

/// What an entry's value word points at, which outlives the entry for a moment.
struct Keyspace::Outside {
  SharedBytes::Block* block = nullptr;
  Object* object = nullptr;

  explicit Outside(const Entry& entry) noexcept {
    if (entry.encoding() == Encoding::kShared) block = entry.shared();
    if (entry.encoding() == Encoding::kObject) object = entry.own_object();
  }
};

}  // namespace kevy
