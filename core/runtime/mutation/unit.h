// Unit: what takes effect in one indivisible step: one command's effects, or all of an EXEC or a
// script.
//
// An effect is a command that, run on the same state, makes the same change whatever the time and
// chance: SPOP arrives as SREM, a relative time to live as a moment. It is kept as RESP, as the
// write log takes it. Memory for an effect is got before the change that it tells of, so an effect
// that is there may be taken back, and one that cannot be added has changed nothing.
//
// The usual command's own words are its only effect: they stay where they are until the log copies
// them. Few effects lie on the stack; when they are too many they move to a chunk that the log can
// take over. One thread; made on the stack; not movable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "runtime/mutation/log_chunk.h"

namespace kevy {

class Unit {
 public:
  /// What is larger than this does not lie on the caller's stack, nor is it copied into the log
  /// while others wait for that.
  static constexpr size_t kSmallMax = size_t{16} * 1024;

  Unit() noexcept {}  // NOLINT(modernize-use-equals-default): leaves memory as it is
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  /// The effects that were added. The own words of set_own() are not among them.
  size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0 && own_.empty(); }
  size_t effects() const noexcept { return count_ + (own_.empty() ? 0 : 1); }

  /// Throws std::bad_alloc and has added nothing.
  void push(int database, Args words);
  void push(int database, std::initializer_list<Bytes> words) {
    push(database, Args(words.begin(), words.size()));
  }
  /// An effect that gets its words one by one behind those of push(). It is the last one.
  void append_word(Bytes word);
  /// Says the last effect in other words, which take no more room than those it was pushed with.
  /// Takes no memory.
  void replace_last(Args words) noexcept;
  /// Keeps the first `size` effects.
  void truncate(size_t size) noexcept;
  void erase(size_t index) noexcept;
  /// Puts the effects from `middle` on in front of those from `first` on.
  void rotate(size_t first, size_t middle) noexcept;
  /// The same effect with its first `words` words alone.
  void cut(size_t index, size_t words) noexcept;

  /// Whether commands run as parts of another, whose words do not last until the log takes them.
  bool in_parts() const noexcept { return in_parts_; }
  void set_in_parts() noexcept { in_parts_ = true; }
  /// The last effect is these words, which last until the log has taken them.
  void set_own(int database, Args words) noexcept {
    own_database_ = database;
    own_ = words;
  }

  // For the log.
  struct Item {
    int database;
    uint32_t words;
    size_t begin;  // in bytes()
    size_t end;
  };
  const Item& item(size_t index) const noexcept { return items()[index]; }
  const char* bytes() const noexcept { return memory(); }
  size_t bytes_of_items() const noexcept;
  Args own() const noexcept { return own_; }
  int own_database() const noexcept { return own_database_; }
  /// Whether all effects lie one behind another in a chunk, in one database, with kFront bytes in
  /// front of them and kBack behind.
  bool is_a_chunk() const noexcept;
  LogChunkPtr take_chunk() noexcept { return std::move(chunk_); }
  static constexpr size_t kFront = 96, kBack = 32;

 private:
  static constexpr size_t kInlineBytes = 512, kInlineItems = 4;

  Item* items() noexcept { return more_items_ ? more_items_.get() : items_; }
  const Item* items() const noexcept { return more_items_ ? more_items_.get() : items_; }
  char* memory() noexcept { return chunk_ ? chunk_->data() : inline_; }
  const char* memory() const noexcept {
    return chunk_ ? const_cast<LogChunk&>(*chunk_).data() : inline_;
  }
  size_t capacity() const noexcept { return chunk_ ? chunk_->capacity - kBack : kInlineBytes; }
  void make_room(size_t bytes);
  void make_item();

  size_t used_ = 0;
  size_t count_ = 0;
  size_t items_max_ = kInlineItems;
  Args own_;
  int own_database_ = 0;
  bool in_parts_ = false;
  std::unique_ptr<Item[]> more_items_;
  LogChunkPtr chunk_;
  Item items_[kInlineItems];
  char inline_[kInlineBytes];
};

}  // namespace kevy
