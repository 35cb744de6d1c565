// Keyspace: the keys of one database on one shard: the table of entries, which of them have a
// time to live or fields with one, and how much memory they take.
//
// Knows no command, reply, lock, clock or log. Time is an argument. Expiry is not applied by
// lookups: the caller asks Entry::expired and decides. Every change goes through a method here, which
// has a view (view/keyspace_view.h) look at what is there before: an object is read by anybody and
// changed by who got it from object_to_change(). A method that finds no memory throws std::bad_alloc
// and has changed nothing.
// Touched by one thread at a time: the holder of the shard's lock.
//
// An Entry* stays valid until the next method that changes that key; methods that change an
// entry return where it is now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/shared_bytes.h"
#include "store/entry.h"
#include "store/entry_memory.h"
#include "store/garbage.h"
#include "store/object.h"
#include "store/table/table.h"
#include "store/value.h"

namespace kevy {

/// A key and its hash, computed once by dispatch.
struct Key {
  Bytes bytes;
  uint64_t hash = 0;
};

class KeyspaceView;

class Keyspace {
 public:
  static constexpr int64_t kNoExpiry = -1;
  static constexpr int64_t kKeepExpiry = -2;

  /// All arguments must outlive the keyspace.
  Keyspace(const HashSecret& secret, Garbage& garbage, SpanPool& spans) noexcept
      : garbage_(&garbage), memory_(spans), entries_(secret, &spans), expiring_(secret, &spans),
        expiring_fields_(secret, &spans) {}
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  /// For an empty one that is to get some `keys`: makes its table large enough at once.
  void expect(size_t keys) {
    if (size() == 0) entries_.reserve(keys);
  }

  // Reading.
  Entry* find(const Key& key) const noexcept {
    const auto slot = entries_.find(key.bytes, key.hash);
    return slot ? slot.item() : nullptr;
  }
  /// Hints that the key of `hash` is about to be looked up: the first has its bucket fetched, the
  /// second, some time later, its entry.
  void prefetch_bucket(uint64_t hash) const noexcept { entries_.prefetch(hash); }
  void prefetch_entry(uint64_t hash) const noexcept { entries_.prefetch_items(hash); }
  size_t size() const noexcept { return entries_.size(); }
  size_t size_with_expiry() const noexcept { return expiring_.size(); }
  /// How many hashes have fields with a time to live.
  size_t size_with_field_expiry() const noexcept { return expiring_fields_.size(); }
  /// What entries made from now on remember of their use, as in Entry::access. To be set before keys
  /// are made: a keyspace has no clock.
  void set_access_of_new(uint32_t access) noexcept { access_of_new_ = access; }
  /// Bytes really allocated for entries, values and tables.
  size_t memory_bytes() const noexcept;
  /// Bytes of one key: its entry, its value and its share of the table.
  size_t memory_bytes_of(const Entry& entry) const noexcept;

  // Strings. All make the key when it is missing and replace whatever value it had.
  // `expires_at_ms`: a moment, kNoExpiry or kKeepExpiry.
  /// Stores `value`, as an integer where it is the shortest decimal form of one.
  Entry* set_string(Key key, Bytes value, int64_t expires_at_ms);
  /// The same for an entry that the caller has just found, when its memory suits the new value;
  /// false, and nothing was changed, when it does not. `value` does not lie in the entry.
  bool overwrite(Entry& entry, Bytes value, int64_t expires_at_ms) noexcept;
  Entry* set_integer(Key key, int64_t value, int64_t expires_at_ms);

  // Several strings in one step (StringBatch): what may find no memory comes first.
  /// Whether a string fits into the memory of an entry as it is.
  struct Fit {
    enum How : uint8_t { kNot, kAsInteger, kAsText, kAsBlock };
    How how = kNot;
    int64_t number = 0;
  };
  struct Staged {
    Entry* before;  // what the key had, or nullptr
    Entry* now;     // what it has; `before` where the value fits into that
    Fit fit;
  };
  /// Has another entry of `key` take the place of `before`, which stays allocated, unless the value
  /// fits into that. `block`: the value's, if it came in one, which is kept.
  Staged stage_string(Key key, Entry* before, Bytes value, int64_t expires_at_ms,
                      SharedBytes block);
  /// What was staged, with the same value and time, is so for good; in the order they were staged.
  void settle(Key key, const Staged& staged, Bytes value, int64_t expires_at_ms) noexcept;
  /// What was staged is as it was before; in the reverse order.
  void take_back(Key key, const Staged& staged) noexcept;
  /// Shares a block that the caller holds already.
  Entry* set_shared(Key key, SharedBytes value, int64_t expires_at_ms);
  /// Changes an integer entry in place.
  void update_integer(Entry* entry, int64_t value) noexcept;
  /// Gives the string of `key` (made if missing; an integer becomes its text) the length `size`,
  /// which must not be less than it has, the new bytes zero. Returns its writable bytes, good
  /// until the next change of this keyspace. A block that replies hold is copied first.
  char* grow_string(Key key, size_t size);

  // Collections. While small they lie in the entry; what the bytes mean is their type's matter.
  /// The most bytes that fit inside.
  static constexpr size_t kPackedMax = (size_t{1} << 24) - 1;
  /// An empty collection under a key that is not there, kPacked or kIntset.
  Entry* make_packed(Key key, Type type, Encoding encoding);
  /// Gives `key` a collection inside, of `count` elements in `size` bytes, which the caller is to
  /// write to what is returned. `entry`, what the key has now or nullptr, is updated; its value
  /// goes, its time to live stays. `fields_expire_at_ms`: as Entry gives it.
  char* put_packed(Entry*& entry, Key key, Type type, Encoding encoding, size_t size,
                   uint32_t count, int64_t fields_expire_at_ms = Entry::kNoFieldTimes);
  /// Replaces the `erased` bytes at `at` of entry.packed() by `inserted` bytes, which the caller
  /// is to write to what is returned, and adds `counted` to its count. `entry`, whose key is
  /// `key`, is updated to where it is now. At most kPackedMax bytes may lie inside after it.
  char* splice(Entry*& entry, Key key, size_t at, size_t erased, size_t inserted, int counted);
  /// Gives `key`, made if missing, this value in place of whatever it has; the time to live stays.
  Entry* set_object(Key key, Type type, std::unique_ptr<Object>&& object,
                    int64_t fields_expire_at_ms = Entry::kNoFieldTimes) {
    return put_object(key, type, std::move(object), kKeepExpiry, fields_expire_at_ms);
  }
  /// The results of commands: like put_packed and set_object, but the time to live goes too.
  char* store_packed(Key key, Type type, Encoding encoding, size_t size, uint32_t count);
  Entry* store_object(Key key, Type type, std::unique_ptr<Object>&& object) {
    return put_object(key, type, std::move(object), kNoExpiry, Entry::kNoFieldTimes);
  }
  /// Gives an entry that has an object another one of its type.
  void exchange_object(Entry& entry, std::unique_ptr<Object> object) noexcept;
  /// The object of an entry, for who is about to change it; to be asked for at each command.
  Object& object_to_change(const Entry& entry, uint64_t hash) noexcept {
    entries_.before_change(hash);
    return *entry.own_object();
  }
  /// To be called after an object was changed: counts the memory it takes now.
  void account(Object& object) noexcept {
    const size_t now = object.memory_bytes();
    value_memory_ += now - object.accounted_;
    object.accounted_ = now;
  }
  /// Does away with what was taken out of an object, when there is time.
  void discard(std::unique_ptr<Object> object) noexcept;

  // Any type.
  /// False when there is no such key.
  bool erase(Key key);
  /// Sets the moment `entry` expires at, or kNoExpiry. Returns the entry, which may have moved.
  Entry* set_expiry(Entry* entry, uint64_t hash, int64_t expires_at_ms);
  /// Sets the moment before which no field of the hash in `entry` expires, or
  /// Entry::kNoFieldExpires. Returns the entry, which may have moved: not when it has field times.
  Entry* set_fields_expiry(Entry* entry, uint64_t hash, int64_t fields_expire_at_ms);
  /// A copy of a value; a string's block is shared, not copied.
  static Value copy_value(const Entry& entry);
  /// Gives `key`, made if missing, this value, which still holds what it did if there is no memory. A
  /// string that is too long to lie inside becomes a block.
  Entry* put(Key key, Value&& value, int64_t expires_at_ms);
  /// Gives `to` of `target` what `from`, another key or one of another keyspace, has here, with its
  /// time to live, and erases `from`.
  Entry* move(Key from, Keyspace& target, Key to);

  // Walking. `visit(Entry&)` must not change the keyspace.
  /// A part of a full iteration as SCAN makes it: visits whole buckets from `cursor` (0: the
  /// start) until `count` entries were visited; returns the cursor to go on with, 0 at the end.
  /// An entry that is there from the first part to the last is visited at least once, whatever is
  /// added or removed in between.
  template <typename Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return entries_.scan_some(cursor, count, visit);
  }
  /// The same over the entries with a time to live.
  template <typename Visit>
  uint64_t scan_expiring(uint64_t cursor, size_t count, Visit&& visit) const {
    return expiring_.scan_some(cursor, count, visit);
  }
  /// The same over the hashes that have fields with a time to live.
  template <typename Visit>
  uint64_t scan_expiring_fields(uint64_t cursor, size_t count, Visit&& visit) const {
    return expiring_fields_.scan_some(cursor, count, visit);
  }
  /// Every entry, until the visit says stop.
  template <Visitor<Entry&> Visit>
  Walk for_each(Visit&& visit) const {
    return entries_.for_each(visit);
  }
  /// One entry, each with the same chance; nullptr when empty.
  Entry* random(Random& random) const noexcept { return entries_.random(random); }

 private:
  friend class Garbage;
  friend class KeyspaceView;
  struct Shape;
  struct Outside;

  /// The tables that an entry is to be in and is not.
  struct Joins {
    bool entries;
    bool expiring;
    bool expiring_fields;
  };

  Entry* put_object(Key key, Type type, std::unique_ptr<Object>&& object, int64_t expires_at_ms,
                    int64_t fields_expire_at_ms);
  Entry* reshape(Key key, const Shape& wanted);
  Entry* reshape_as(Entry* entry, uint64_t hash, int64_t expires_at_ms,
                    int64_t fields_expire_at_ms);
  Entry* replace(Table<Entry>::Slot slot, Key key, const Shape& shape);
  Entry* allocate(Key key, const Shape& shape);
  Entry* make(Key key, const Entry* before, const Shape& shape);
  void before_change(const Entry& entry) noexcept {
    if (entries_.viewed()) [[unlikely]]
      entries_.before_change(entries_.hash(entry.key()));
  }
  Fit fit(Entry& entry, Bytes value, int64_t expires_at_ms) noexcept;
  void overwrite(Entry& entry, const Fit& fit, Bytes value, int64_t expires_at_ms) noexcept;
  Entry* stage_entry(Key key, Entry* before, Bytes value, int64_t expires_at_ms,
                     SharedBytes block);
  void settle_entry(Key key, Entry* before, Entry* now) noexcept;
  void enter_tables(Entry* entry, uint64_t hash, const Joins& joins);
  static void update_table(Table<Entry>& table, Key key, Entry* entry, bool stays) noexcept;
  static bool fits_block(const Entry& entry, Bytes value) noexcept;
  void release_value(Outside outside) noexcept;
  void discard(SharedBytes block) noexcept;

  Garbage* garbage_;
  EntryMemory memory_;
  Table<Entry> entries_;
  Table<Entry> expiring_;
  Table<Entry> expiring_fields_;
  size_t value_memory_ = 0;  // of what lies outside the entries
  uint32_t access_of_new_ = 0;
  Keyspace* next_garbage_ = nullptr;
  KeyspaceView* view_ = nullptr;  // a list
};

}  // namespace kevy
