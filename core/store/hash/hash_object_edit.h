// HashObjectEdit: several changes of a big hash that come about together or not at all.
//
// Fields that are new are put into the hash at once, and taken out again if it is given up. What
// others are to become is made beside them, and takes their place when nothing can fail any more.
// Until then no block of the hash may move, and nobody else may change it. Names and values must
// outlive the edit. The holder of the shard's lock.
#pragma once

#include <vector>

#include "store/hash/hash_object.h"

namespace kevy {

class HashObjectEdit {
 public:
  explicit HashObjectEdit(HashObject& object) noexcept : object_(object) {}
  /// Gives up what was not committed.
  ~HashObjectEdit();
  HashObjectEdit(const HashObjectEdit&) = delete;
  HashObjectEdit& operator=(const HashObjectEdit&) = delete;

  /// As HashObject's. Where they throw, nothing of this one change is left.
  bool set(Bytes name, Bytes value, int64_t expires_at_ms);
  void set_expiry(Bytes name, int64_t expires_at_ms);
  void commit() noexcept;

 private:
  struct Replacement {
    Bytes name;
    Field* made;  // nullptr: another moment to expire at alone
    int64_t expires_at_ms;
    Table<Field>::Slot slot;  // good while nothing is inserted
  };

  void replace(Table<Field>::Slot slot, Bytes name, Bytes value, int64_t expires_at_ms);
  void put(const Replacement& replacement) noexcept;
  template <typename T>
  static void make_room(std::vector<T>& in);

  HashObject& object_;
  std::vector<Bytes> inserted_;
  std::vector<Replacement> replacements_;
  size_t times_to_add_ = 0;
};

}  // namespace kevy
