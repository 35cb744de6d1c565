// List: a view of an entry that holds a list, in whichever form it is: packed inside the entry, one
// run of elements as list_element.h says, or ListChunks. It knows both and goes from one to the
// other: to chunks when the list would pass the limit given with a change, and back when something
// was taken out and half the limit is enough.
//
// A view is made on the stack for one command and knows nothing of settings. An element that is
// visited is good until the next one is; values given to it must not lie in it. A list that becomes
// empty is the caller's to erase. Used by the holder of the shard's lock.
#pragma once

#include "base/walk.h"
#include "store/keyspace.h"
#include "store/list/list_chunks.h"

namespace kevy {

class ListCursor;

class List {
 public:
  /// To read. `entry`: nullptr, or one with a list.
  explicit List(const Entry* entry) noexcept : entry_(const_cast<Entry*>(entry)) {}
  /// To change. The first push makes the key.
  List(Keyspace& keyspace, const Key& key, Entry* entry) noexcept
      : keyspace_(&keyspace), key_(key), entry_(entry) {}

  size_t size() const noexcept {
    if (entry_ == nullptr) return 0;
    return packed() ? entry_->packed_count() : chunks().size();
  }
  bool empty() const noexcept { return size() == 0; }
  /// Where the entry is now; nullptr while there is none.
  Entry* entry() const noexcept { return entry_; }

  /// visit(Bytes) for `count` elements, from `first` on towards the other end than `from`, until it
  /// says stop.
  template <Visitor<Bytes> Visit>
  Walk for_range(size_t first, size_t count, End from, Visit&& visit) const;
  template <Visitor<Bytes> Visit>
  Walk for_each(Visit&& visit) const {
    return for_range(0, size(), End::kFront, visit);
  }

  /// Gives `key`, in the place of whatever it has, these values.
  static void store(Keyspace& keyspace, const Key& key, Args values, const ListLimit& limit);

  /// Puts these in the place of all elements; a time to live stays.
  void replace_all(Args values, const ListLimit& limit);
  /// Adds values one after another, so that the last one is outermost.
  void push(End end, Args values, const ListLimit& limit);
  /// Puts `value` before element `index`; at the end when that is size(). Not for an empty list.
  void insert(size_t index, Bytes value, const ListLimit& limit);
  void set(size_t index, Bytes value, const ListLimit& limit);
  /// Moves the outermost element at one end to the other end.
  void rotate(End from, const ListLimit& limit);
  /// After that, taking elements out from this one on, or up to it, finds all the memory it needs.
  void prepare_erase(size_t index);
  /// Takes `count` elements from `first` on out, which must be there.
  void erase(size_t first, size_t count, const ListLimit& limit);
  /// Takes up to `max` elements equal to `value` out, from one end on. Returns how many.
  size_t erase_equal(Bytes value, size_t max, End from, const ListLimit& limit);

 private:
  friend class ListCursor;

  bool packed() const noexcept { return entry_->encoding() == Encoding::kPacked; }
  const ListChunks& chunks() const noexcept {
    return static_cast<const ListChunks&>(*entry_->object());
  }
  ListChunks& chunks_to_change() noexcept {
    return static_cast<ListChunks&>(keyspace_->object_to_change(*entry_, key_.hash));
  }
  ListRun run() const noexcept { return {entry_->packed(), entry_->packed_count()}; }
  char* splice(size_t at, size_t erased, size_t inserted, int counted) {
    return keyspace_->splice(entry_, key_, at, erased, inserted, counted);
  }
  void become_chunks(const ListRun& now);
  bool keep_packed(size_t more_bytes, size_t more, const ListLimit& limit);
  char* make_room(End end, size_t size, size_t count);
  void push_packed(End end, Args values);
  static size_t size_of(Args values) noexcept;
  static char* write(char* to, End end, Args values) noexcept;
  void shrink(const ListLimit& limit) noexcept;

  Keyspace* keyspace_ = nullptr;
  Key key_;
  Entry* entry_;
};

/// Walks over a list, from one element on, away from one end, for a number of elements at most.
/// Good until the list changes.
class ListCursor {
 public:
  /// Starts at element `index`; done at once when there is none.
  ListCursor(const List& list, size_t index, End from, size_t count = SIZE_MAX);
  ListCursor(const ListCursor&) = delete;
  ListCursor& operator=(const ListCursor&) = delete;

  bool done() const noexcept { return at_ == nullptr; }
  bool equals(const ListElement& value) const noexcept { return value.equals(at_); }
  /// The current element. Good until the next step.
  Bytes text() noexcept { return read_packed(at_).text(digits_); }
  void next() {
    if (from_ == End::kFront) {
      at_ += list_element_size(at_);
      if (at_ == run_.end()) next_run();
    } else if (at_ == run_.begin()) {
      next_run();
    } else {
      at_ = list_element_before(at_);
    }
  }

 private:
  void next_run();

  const ListChunks* chunks_ = nullptr;  // nullptr: a packed list, one run
  size_t run_number_ = 0;
  ListRun run_;
  std::string expanded_;  // where the run lies when it is a compressed one's
  const char* at_ = nullptr;
  End from_;
  char digits_[kIntegerTextMax];
};

template <Visitor<Bytes> Visit>
Walk List::for_range(size_t first, size_t count, End from, Visit&& visit) const {
  if (count == 0) return Walk::kGoOn;
  for (ListCursor cursor(*this, first, from, count);; cursor.next()) {
    if (visit(cursor.text()) == Walk::kStop) return Walk::kStop;
    if (--count == 0) return Walk::kGoOn;
  }
}

}  // namespace kevy
