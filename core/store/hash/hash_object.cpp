#include "store/hash/hash_object.h"

#include "base/memory.h"
#include "store/view/members_view.h"

namespace kevy {

namespace {

size_t length_size(size_t length) noexcept {
  size_t bytes = 1;
  for (; length >= 0x80; length >>= 7) ++bytes;
  return bytes;
}

// `timed`: with a needless last group.
char* write_sized(char* to, Bytes bytes, bool timed = false) noexcept {
  size_t length = bytes.size();
  for (; length >= 0x80; length >>= 7) *to++ = static_cast<char>(length | 0x80);
  *to++ = static_cast<char>(length | (timed ? 0x80 : 0));
  if (timed) *to++ = 0;
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

size_t Field::size(Bytes name, Bytes value, bool timed) noexcept {
  return length_size(name.size()) + name.size() + length_size(value.size()) + value.size() +
         (timed ? 1 + sizeof(uint32_t) : 0);
}

size_t Field::long_memory_size() const noexcept {
  const Bytes last = value();
  return static_cast<size_t>(last.data() + last.size() - begin()) +
         (is_timed() ? sizeof(uint32_t) : 0);
}

HashObject::~HashObject() { slab_.release_all(fields_); }

std::unique_ptr<Object> HashObject::clone() const {
  auto copy = std::make_unique<HashObject>();
  copy->fields_.reserve(fields_.size());
  fields_.for_each([&](const Field& field) {
    copy->insert(field.key(), field.value(), fields_.hash(field.key()), expiry_of(field));
    return Walk::kGoOn;
  });
  return copy;
}

class HashObject::View final : public MembersView {
 public:
  explicit View(HashObject& hash)
      : MembersView(hash, hash.fields_.buckets(), hash.fields_.size()), hash_(hash) {
    note_sums();
  }

 private:
  // Without the place in the FieldTimes, which is nothing of the field's.
  Element element(const void* item) const noexcept override {
    const Field& field = *static_cast<const Field*>(item);
    const Bytes last = field.value();
    return {{field.begin(), static_cast<size_t>(last.data() + last.size() - field.begin())},
            hash_.expiry_of(field)};
  }

  const HashObject& hash_;
};

std::unique_ptr<ObjectView> HashObject::view(size_t elements) {
  if (fields_.size() < elements && memory_bytes() < ObjectView::kBigBytes) return nullptr;
  return std::make_unique<View>(*this);
}

size_t HashObject::memory_bytes() const noexcept {
  const size_t for_times =
      times_ == nullptr ? 0 : allocated_bytes(times_.get()) + times_->memory_bytes();
  return allocated_bytes(const_cast<HashObject*>(this)) + fields_.memory_bytes() +
         slab_.memory_bytes() + for_times;
}

void HashObject::insert(Bytes name, Bytes value, uint64_t hash, int64_t expires_at_ms) {
  insert_unmoved(name, value, hash, expires_at_ms, 0);
  slab_.grew(fields_, [this](void* copy) { moved(static_cast<Field*>(copy)); });
}

void HashObject::insert_unmoved(Bytes name, Bytes value, uint64_t hash, int64_t expires_at_ms,
                                size_t further_times) {
  const bool timed = expires_at_ms != kNoExpiry;
  if (timed) [[unlikely]] reserve_times(1 + further_times);
  Field* field = make(name, value, timed);
  try {
    fields_.insert(field, hash);
  } catch (...) {
    put_back(field);
    throw;
  }
  if (timed) [[unlikely]] times_->add(*field, expires_at_ms);
}

void HashObject::settle() noexcept {
  if (times_ != nullptr) shrink_times();
  slab_.grew(fields_, [this](void* copy) { moved(static_cast<Field*>(copy)); });
}

Field* HashObject::make(Bytes name, Bytes value, bool timed) {
  void* block = slab_.allocate(Field::size(name, value, timed));
  write_sized(write_sized(static_cast<char*>(block), name), value, timed);
  return static_cast<Field*>(block);
}

void HashObject::release(Field* field) noexcept {
  slab_.release(field, field->memory_size(),
                [this](void* copy) { moved(static_cast<Field*>(copy)); });
}

void HashObject::moved(Field* copy) noexcept {
  fields_.find(copy->key()).replace(copy);
  if (copy->is_timed()) times_->moved(copy->place(), copy);
}

void HashObject::reserve_times(size_t count) {
  if (times_ == nullptr) times_ = std::make_unique<FieldTimes>();
  times_->reserve(count);
}

void HashObject::forget_time(uint32_t place) noexcept {
  times_->remove(place);
  shrink_times();
}

void HashObject::shrink_times() noexcept {
  if (times_->empty()) {
    times_.reset();
  } else {
    times_->shrink();
  }
}

bool HashObject::set(Bytes name, Bytes value, int64_t expires_at_ms) {
  const uint64_t hash = fields_.hash(name);
  auto slot = fields_.find(name, hash);
  if (!slot) {
    insert(name, value, hash, expires_at_ms == kKeepExpiry ? kNoExpiry : expires_at_ms);
    return true;
  }
  fields_.before_change(hash);
  Field* old = slot.item();
  if (expires_at_ms >= 0 || old->is_timed()) [[unlikely]] {
    replace(slot, name, value,
            expires_at_ms == kKeepExpiry ? expiry_of(*old) : expires_at_ms);
    return false;
  }
  if (Slab::capacity(Field::size(name, value)) == Slab::capacity(old->memory_size())) {
    write_sized(const_cast<char*>(old->end_of_key()), value);
    return false;
  }
  Field* field = make(name, value);
  slot.replace(field);
  release(old);
  return false;
}

bool HashObject::set_expiry(Bytes name, int64_t expires_at_ms) {
  const uint64_t hash = fields_.hash(name);
  const auto slot = fields_.find(name, hash);
  if (!slot) return false;
  fields_.before_change(hash);
  const Field& field = *slot.item();
  if (field.is_timed() && expires_at_ms != kNoExpiry) {
    times_->change(field.place(), expires_at_ms);
  } else if (field.is_timed() || expires_at_ms != kNoExpiry) {
    replace(slot, name, field.value(), expires_at_ms);
  }
  return true;
}

// For a field that has a time to live or gets one. The value may lie in the field only when it gets
// a time to live or loses it, and so another block.
void HashObject::replace(Table<Field>::Slot slot, Bytes name, Bytes value, int64_t expires_at_ms) {
  Field* old = slot.item();
  const bool was_timed = old->is_timed(), timed = expires_at_ms != kNoExpiry;
  const uint32_t place = was_timed ? old->place() : 0;
  const size_t size = Field::size(name, value, timed);
  if (timed && !was_timed) reserve_times(1);
  Field* field = old;
  if (timed == was_timed && Slab::capacity(size) == Slab::capacity(old->memory_size())) {
    write_sized(const_cast<char*>(old->end_of_key()), value, timed);
  } else {
    field = make(name, value, timed);
    slot.replace(field);
  }
  if (was_timed && timed) {
    field->set_place(place);
    times_->moved(place, field);
    times_->change(place, expires_at_ms);
  } else if (timed) {
    times_->add(*field, expires_at_ms);
  } else if (was_timed) {
    forget_time(place);
  }
  if (field != old) release(old);
}

bool HashObject::erase(Bytes name) noexcept {
  const uint64_t hash = fields_.hash(name);
  const auto slot = fields_.find(name, hash);
  if (!slot) return false;
  Field* field = slot.item();
  fields_.erase(slot, hash);
  if (field->is_timed()) forget_time(field->place());
  release(field);
  return true;
}

}  // namespace kevy
