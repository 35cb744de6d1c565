// HashEdit: several changes of a hash, in whichever form it lies, that come about together or not at
// all: nobody sees them before commit(), and nothing is left of them without it.
//
// What is packed is changed in a draft; a hash that becomes big is made beside the one that is there.
// Made on the stack for one command, with the same rules as Hash, which the hash is changed through by
// nobody else meanwhile. Names and values must outlive it.
#pragma once

#include <memory>
#include <optional>

#include "store/hash/hash.h"
#include "store/hash/hash_object_edit.h"
#include "store/packed/packed_draft.h"

namespace kevy {

class HashEdit {
 public:
  /// `entry`: what the key has, or nullptr; the first field makes it then.
  HashEdit(Keyspace& keyspace, const Key& key, Entry* entry);
  ~HashEdit();
  HashEdit(const HashEdit&) = delete;
  HashEdit& operator=(const HashEdit&) = delete;

  /// As Hash's. Where one throws, the edit is to be given up. A field that was set in this edit gets its time
  /// from set() alone.
  bool set(Bytes field, Bytes value, const Hash::Limits& limits,
           int64_t expires_at_ms = Keyspace::kNoExpiry);
  void set_expiry(Bytes field, int64_t expires_at_ms);
  /// Makes it so, or throws std::bad_alloc.
  void commit();

 private:
  size_t elements_a_field() const noexcept { return timed_ ? 3 : 2; }
  const char* find(const Packing& field) const noexcept;
  void add_times();
  void become_object();
  void expect_expiry(int64_t expires_at_ms);
  int64_t next_expiry() const noexcept;
  void commit_packed();
  void finish() noexcept;

  Keyspace& keyspace_;
  const Key key_;
  Entry* entry_;
  bool expected_ = false;  // the entry awaits an expiry that is only an edit's
  // One of these:
  PackedDraft packed_;
  std::unique_ptr<HashObject> made_;
  std::optional<HashObjectEdit> big_;
  // Of packed_:
  size_t count_ = 0;
  bool timed_ = false;
};

}  // namespace kevy
