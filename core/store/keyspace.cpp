#include "store/keyspace.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "base/number.h"
#include "store/keyspace_shape.h"
#include "store/view/keyspace_view.h"

namespace kevy {

namespace {

// Freeing less than this is cheaper than putting it aside.
constexpr size_t kGarbageMin = 64 * 1024;
constexpr size_t kSpareMax = 1024 * 1024;

size_t grown_capacity(size_t size) { return size < kSpareMax ? size * 2 : size + kSpareMax; }

// A block of `size` bytes whose first `before` are the caller's to write; the others are zero.
SharedBytes block_to_grow(size_t size, size_t before, size_t capacity) {
  if (size - before >= SharedBytes::kMappedZerosMin) return SharedBytes::zeroed(size, capacity);
  SharedBytes block = SharedBytes::allocate(size, capacity);
  std::memset(block.block()->data() + before, 0, size - before);
  return block;
}

}  // namespace

Keyspace::~Keyspace() {
  for (KeyspaceView* view = view_; view != nullptr; view = view->next_) view->keyspace_ = nullptr;
  entries_.for_each([this](Entry& entry) {
    if (entry.encoding() == Encoding::kShared) SharedBytes::adopt(entry.shared());
    if (entry.encoding() == Encoding::kObject) delete entry.own_object();
    if (!EntryMemory::lies_in_span(entry)) memory_.release(&entry);
    return Walk::kGoOn;
  });
}

void Keyspace::discard(SharedBytes block) noexcept {
  if (block.bytes().size() >= kGarbageMin) garbage_->add(std::move(block));
}

void Keyspace::discard(std::unique_ptr<Object> object) noexcept {
  object = Object::release(std::move(object));
  if (object != nullptr && object->memory_bytes() >= kGarbageMin) garbage_->add(std::move(object));
}

void Keyspace::release_value(Outside outside) noexcept {
  if (outside.block != nullptr) {
    value_memory_ -= outside.block->memory_bytes();
    discard(SharedBytes::adopt(outside.block));
  } else if (outside.object != nullptr) {
    value_memory_ -= outside.object->accounted_;
    discard(std::unique_ptr<Object>(outside.object));
  }
}

Entry* Keyspace::allocate(Key key, const Shape& shape) {
  const size_t size = shape.key_offset(key.bytes.size()) + key.bytes.size() + shape.inside_size;
  Entry* entry = memory_.allocate(Entry::capacity_for(size));
  if (entry == nullptr) throw std::bad_alloc();
  entry->set_access(access_of_new_);
  return entry;
}

// Gives `key` an entry of this shape, in the old one's memory where it fits, and nothing is changed
// when there is no memory. The key and the value may lie in the old entry, which goes last.
Entry* Keyspace::replace(Table<Entry>::Slot slot, Key key, const Shape& shape) {
  entries_.before_change(key.hash);
  Entry* const old = slot ? slot.item() : nullptr;
  const size_t key_size = key.bytes.size();
  const size_t key_offset = shape.key_offset(key_size);
  const bool had_expiry = old != nullptr && old->has_expiry();
  const bool had_expiring_fields = old != nullptr && old->awaits_field_expiry();
  const Joins joins{.entries = old == nullptr,
                    .expiring = shape.has_expiry() && !had_expiry,
                    .expiring_fields = shape.awaits_field_expiry() && !had_expiring_fields};
  const bool in_place = old != nullptr && shape.fits(*old, key_offset, key_size);
  Entry* const entry = in_place ? old : allocate(key, shape);
  if (in_place) {
    enter_tables(entry, key.hash, joins);  // may find no memory: before any change
  } else {
    if (old != nullptr) entry->access_ = old->access_;
    Shape::write_key(*entry, key_offset, key.bytes);
  }
  shape.write_head(*entry, key_offset, key_size);
  shape.write_value(*entry, key_offset, key_size);
  if (!in_place) {
    try {
      enter_tables(entry, key.hash, joins);
    } catch (...) {
      memory_.release(entry);
      throw;
    }
  }
  if (old == nullptr) return entry;
  if (had_expiry) update_table(expiring_, key, entry, shape.has_expiry());
  if (had_expiring_fields) {
    update_table(expiring_fields_, key, entry, shape.awaits_field_expiry());
  }
  slot.replace(entry);
  if (!in_place) memory_.release(old);
  return entry;
}

// Gives `key` a value of this shape in the place of whatever it has.
Entry* Keyspace::reshape(Key key, const Shape& wanted) {
  const auto slot = entries_.find(key.bytes, key.hash);
  Shape shape = wanted;
  if (shape.expires_at_ms == kKeepExpiry) {
    shape.expires_at_ms = slot ? slot.item()->expires_at_ms() : kNoExpiry;
  }
  if (!slot) return replace(slot, key, shape);
  const Outside old(*slot.item());
  Entry* entry = replace(slot, key, shape);
  release_value(old);
  return entry;
}

Entry* Keyspace::set_string(Key key, Bytes value, int64_t expires_at_ms) {
  int64_t number;
  if (is_integer(value, number)) return set_integer(key, number, expires_at_ms);
  if (value.size() > Entry::kEmbeddedMax) {
    return set_shared(key, SharedBytes::copy_of(value), expires_at_ms);
  }
  Shape shape{.encoding = Encoding::kEmbedded, .expires_at_ms = expires_at_ms};
  shape.inside = value;
  shape.inside_size = value.size();
  return reshape(key, shape);
}

[[gnu::always_inline]] inline Keyspace::Fit Keyspace::fit(Entry& entry, Bytes value,
                                                          int64_t expires_at_ms) noexcept {
  Fit fit;
  const bool keep = expires_at_ms == kKeepExpiry;
  if (!keep && entry.has_expiry() != (expires_at_ms != kNoExpiry)) return fit;
  if (is_integer(value, fit.number)) {
    if (entry.encoding() == Encoding::kInteger) fit.how = Fit::kAsInteger;
    return fit;
  }
  if (value.size() > Entry::kEmbeddedMax) [[unlikely]] {
    if (fits_block(entry, value)) fit.how = Fit::kAsBlock;
    return fit;
  }
  if (entry.encoding() != Encoding::kEmbedded) return fit;
  if (entry.value_size_ != value.size()) {
    const auto before = static_cast<size_t>(entry.value_begin() - entry.at(0));
    const size_t room = Entry::capacity_for(before + entry.value_size_);
    if (Entry::capacity_for(before + value.size()) != room) return fit;
  }
  fit.how = Fit::kAsText;
  return fit;
}

[[gnu::always_inline]] inline void Keyspace::overwrite(Entry& entry, const Fit& fit, Bytes value,
                                                       int64_t expires_at_ms) noexcept {
  if (fit.how == Fit::kAsInteger) {
    entry.set_word(entry.word_offset(), fit.number);
  } else if (fit.how == Fit::kAsBlock) [[unlikely]] {
    SharedBytes::Block* const block = entry.shared();
    copy_bytes(block->data(), value);
    block->set_size(value.size());
  } else {
    entry.value_size_ = static_cast<uint8_t>(value.size());
    copy_bytes(entry.value_begin(), value);
  }
  if (entry.grown()) entry.flags_ &= static_cast<uint8_t>(~Entry::kGrown);
  const bool keep = expires_at_ms == kKeepExpiry;
  if (!keep && entry.has_expiry()) entry.set_word(sizeof(Entry), expires_at_ms);
}

// A block that a view has come to share is not to be written to, so that comes first.
bool Keyspace::overwrite(Entry& entry, Bytes value, int64_t expires_at_ms) noexcept {
  before_change(entry);
  const Fit fit = this->fit(entry, value, expires_at_ms);
  if (fit.how == Fit::kNot) return false;
  overwrite(entry, fit, value, expires_at_ms);
  return true;
}

// A block that no reply holds, and that is not much larger than what it is to hold.
bool Keyspace::fits_block(const Entry& entry, Bytes value) noexcept {
  if (entry.encoding() != Encoding::kShared) return false;
  const SharedBytes::Block* const block = entry.shared();
  const size_t size = value.size();
  if (block->capacity < size || block->capacity - size > size / 8) return false;
  return block->references.load(std::memory_order_acquire) == 1;
}

Keyspace::Staged Keyspace::stage_string(Key key, Entry* before, Bytes value,
                                        int64_t expires_at_ms, SharedBytes block) {
  entries_.before_change(key.hash);
  if (before != nullptr && !block) {
    const Fit fit = this->fit(*before, value, expires_at_ms);
    if (fit.how != Fit::kNot) return {before, before, fit};
  }
  return {before, stage_entry(key, before, value, expires_at_ms, std::move(block)), {}};
}

void Keyspace::settle(Key key, const Staged& staged, Bytes value, int64_t expires_at_ms) noexcept {
  if (staged.fit.how != Fit::kNot) {
    overwrite(*staged.now, staged.fit, value, expires_at_ms);
  } else if (staged.before != nullptr) {
    settle_entry(key, staged.before, staged.now);
  }
}

Entry* Keyspace::set_integer(Key key, int64_t value, int64_t expires_at_ms) {
  Shape shape{.encoding = Encoding::kInteger, .expires_at_ms = expires_at_ms};
  shape.word = value;
  return reshape(key, shape);
}

Entry* Keyspace::set_shared(Key key, SharedBytes value, int64_t expires_at_ms) {
  Shape shape{.encoding = Encoding::kShared, .expires_at_ms = expires_at_ms};
  shape.word = static_cast<int64_t>(reinterpret_cast<intptr_t>(value.block()));
  Entry* entry = reshape(key, shape);
  value_memory_ += value.block()->memory_bytes();
  value.release();  // the entry's now
  return entry;
}

void Keyspace::update_integer(Entry* entry, int64_t value) noexcept {
  before_change(*entry);
  entry->set_word(entry->word_offset(), value);
}

char* Keyspace::grow_string(Key key, size_t size) {
  entries_.before_change(key.hash);
  const auto slot = entries_.find(key.bytes, key.hash);
  Entry* entry = slot ? slot.item() : nullptr;
  const int64_t expires_at_ms = entry == nullptr ? kNoExpiry : entry->expires_at_ms();
  if (entry != nullptr && entry->encoding() == Encoding::kShared) {
    SharedBytes::Block* block = entry->shared();
    SharedBytes held = SharedBytes::share(block);
    const bool ours = block->references.load(std::memory_order_acquire) == 2;
    if (ours && block->capacity >= size) {
      std::memset(block->data() + block->size, 0, size - block->size);
      block->set_size(size);
      entry->flags_ |= Entry::kGrown;
      return block->data();
    }
    SharedBytes larger =
        block_to_grow(size, block->size, size > block->size ? grown_capacity(size) : size);
    std::memcpy(larger.block()->data(), block->data(), block->size);
    entry = set_shared(key, std::move(larger), kKeepExpiry);
    entry->flags_ |= Entry::kGrown;
    return entry->shared()->data();
  }
  char digits[kIntegerTextMax];
  Bytes now;
  if (entry != nullptr) {
    now = entry->encoding() == Encoding::kInteger ? format_int64(entry->integer(), digits)
                                                  : entry->string();
  }
  if (size > Entry::kEmbeddedMax) {
    // What has been grown before is likely to grow again; a new string is as long as it was asked for.
    SharedBytes block =
        block_to_grow(size, now.size(), entry == nullptr ? size : grown_capacity(size));
    move_bytes(block.block()->data(), now);
    entry = set_shared(key, std::move(block), kKeepExpiry);
    entry->flags_ |= Entry::kGrown;
    return entry->shared()->data();
  }
  Shape shape{.encoding = Encoding::kEmbedded, .expires_at_ms = expires_at_ms, .grown = true};
  shape.inside = now;
  shape.inside_size = size;
  entry = replace(slot, key, shape);
  return entry->at(entry->key_offset_ + key.bytes.size());
}

bool Keyspace::erase(Key key) {
  const auto slot = entries_.find(key.bytes, key.hash);
  if (!slot) return false;
  entries_.before_change(key.hash);
  Entry* entry = slot.item();
  if (entry->has_expiry()) update_table(expiring_, key, nullptr, false);
  if (entry->awaits_field_expiry()) update_table(expiring_fields_, key, nullptr, false);
  entries_.erase(slot, key.hash);
  release_value(Outside(*entry));
  memory_.release(entry);
  return true;
}

Entry* Keyspace::set_expiry(Entry* entry, uint64_t hash, int64_t expires_at_ms) {
  if (entry->has_expiry() && expires_at_ms != kNoExpiry) {
    entries_.before_change(hash);
    entry->set_word(sizeof(Entry), expires_at_ms);
    return entry;
  }
  if (!entry->has_expiry() && expires_at_ms == kNoExpiry) return entry;
  return reshape_as(entry, hash, expires_at_ms, entry->fields_expire_at_ms());
}

Entry* Keyspace::set_fields_expiry(Entry* entry, uint64_t hash, int64_t fields_expire_at_ms) {
  if (!entry->has_field_times()) {
    return reshape_as(entry, hash, entry->expires_at_ms(), fields_expire_at_ms);
  }
  entries_.before_change(hash);
  const bool was_in = entry->awaits_field_expiry();
  const bool is_in = fields_expire_at_ms != Entry::kNoFieldExpires;
  if (is_in && !was_in) expiring_fields_.insert(entry, hash);
  if (was_in && !is_in) update_table(expiring_fields_, {entry->key(), hash}, nullptr, false);
  entry->set_word(entry->field_times_offset(), fields_expire_at_ms);
  return entry;
}

// Gives an entry these times, and leaves the rest as it is.
Entry* Keyspace::reshape_as(Entry* entry, uint64_t hash, int64_t expires_at_ms,
                            int64_t fields_expire_at_ms) {
  Shape shape{.type = entry->type(),
              .encoding = entry->encoding(),
              .expires_at_ms = expires_at_ms,
              .grown = entry->grown(),
              .fields_expire_at_ms = fields_expire_at_ms};
  if (lies_inside(entry->encoding())) {
    shape.inside = entry->inside();
    shape.inside_size = shape.inside.size();
  } else {
    shape.word = entry->word(entry->word_offset());
  }
  const Key key{entry->key(), hash};
  return replace(entries_.find(key.bytes, hash), key, shape);
}

Value Keyspace::copy_value(const Entry& entry) {
  Value value;
  value.type = entry.type();
  value.encoding = entry.encoding();
  value.grown = entry.grown();
  value.fields_expire_at_ms = entry.fields_expire_at_ms();
  switch (entry.encoding()) {
    case Encoding::kInteger:
      value.integer = entry.integer();
      break;
    case Encoding::kEmbedded:
    case Encoding::kPacked:
    case Encoding::kIntset:
      value.inside = entry.inside();
      break;
    case Encoding::kShared:
      value.block = SharedBytes::share(entry.shared());
      break;
    case Encoding::kObject:
      value.object = entry.object()->clone();
      break;
  }
  return value;
}

Entry* Keyspace::put(Key key, Value&& value, int64_t expires_at_ms) {
  Entry* entry;
  switch (value.encoding) {
    case Encoding::kInteger:
      return set_integer(key, value.integer, expires_at_ms);
    case Encoding::kShared:
      entry = set_shared(key, std::move(value.block), expires_at_ms);
      if (value.grown) entry->flags_ |= Entry::kGrown;
      return entry;
    case Encoding::kObject:
      return put_object(key, value.type, std::move(value.object), expires_at_ms,
                        value.fields_expire_at_ms);
    case Encoding::kEmbedded:
      if (value.inside.size() <= Entry::kEmbeddedMax) break;
      return set_shared(key, SharedBytes::copy_of(value.inside), expires_at_ms);
    default:
      break;
  }
  Shape shape{.type = value.type,
              .encoding = value.encoding,
              .expires_at_ms = expires_at_ms,
              .grown = value.grown,
              .fields_expire_at_ms = value.fields_expire_at_ms};
  shape.inside = value.inside;
  shape.inside_size = value.inside.size();
  return reshape(key, shape);
}

// An object has two owners until it has arrived. One that a view looks at stays, and a copy moves.
Entry* Keyspace::move(Key from, Keyspace& target, Key to) {
  entries_.before_change(from.hash);
  Entry* const entry = find(from);
  Value value;
  const bool moves = entry->encoding() == Encoding::kObject &&
                     (&target == this || !entry->own_object()->viewed());
  if (moves) {
    value.type = entry->type();
    value.encoding = Encoding::kObject;
    value.fields_expire_at_ms = entry->fields_expire_at_ms();
    value.object.reset(entry->own_object());
    value_memory_ -= std::exchange(value.object->accounted_, 0);
  } else {
    value = copy_value(*entry);
  }
  Entry* moved;
  try {
    moved = target.put(to, std::move(value), entry->expires_at_ms());
  } catch (const std::bad_alloc&) {
    if (moves) account(*value.object.release());
    throw;
  }
  if (moves) entry->kind_ = 0;  // an integer: nothing to release
  erase(from);
  return moved;
}

Entry* Keyspace::make_packed(Key key, Type type, Encoding encoding) {
  Shape shape{.type = type, .encoding = encoding, .expires_at_ms = kNoExpiry};
  shape.inside_size = Entry::kPackedHead;
  return replace({}, key, shape);
}

char* Keyspace::put_packed(Entry*& entry, Key key, Type type, Encoding encoding, size_t size,
                           uint32_t count, int64_t fields_expire_at_ms) {
  Shape shape{.type = type,
              .encoding = encoding,
              .expires_at_ms = kKeepExpiry,
              .fields_expire_at_ms = fields_expire_at_ms};
  shape.inside_size = Entry::kPackedHead + size;
  if (entry == nullptr) {
    shape.expires_at_ms = kNoExpiry;
    entry = replace({}, key, shape);
  } else {
    entry = reshape(key, shape);
  }
  entry->set_packed_head(static_cast<uint32_t>(size), count);
  return const_cast<char*>(entry->packed().data());
}

char* Keyspace::store_packed(Key key, Type type, Encoding encoding, size_t size, uint32_t count) {
  Shape shape{.type = type, .encoding = encoding, .expires_at_ms = kNoExpiry};
  shape.inside_size = Entry::kPackedHead + size;
  Entry* entry = reshape(key, shape);
  entry->set_packed_head(static_cast<uint32_t>(size), count);
  return const_cast<char*>(entry->packed().data());
}

void Keyspace::exchange_object(Entry& entry, std::unique_ptr<Object> object) noexcept {
  before_change(entry);
  const Outside old(entry);
  account(*object);
  entry.set_word(entry.word_offset(),
                 static_cast<int64_t>(reinterpret_cast<intptr_t>(object.release())));
  release_value(old);
}

Entry* Keyspace::put_object(Key key, Type type, std::unique_ptr<Object>&& object,
                            int64_t expires_at_ms, int64_t fields_expire_at_ms) {
  Shape shape{.type = type,
              .encoding = Encoding::kObject,
              .expires_at_ms = expires_at_ms,
              .fields_expire_at_ms = fields_expire_at_ms};
  shape.word = static_cast<int64_t>(reinterpret_cast<intptr_t>(object.get()));
  Entry* entry = reshape(key, shape);
  account(*object);
  static_cast<void>(object.release());  // the entry's now
  return entry;
}

}  // namespace kevy
