#include "store/hash/hash_object.h"

#include <cstring>

#include "base/memory.h"

namespace kevy {

namespace {

size_t length_size(size_t length) noexcept {
  size_t bytes = 1;
  for (; length >= 0x80; length >>= 7) ++bytes;
  return bytes;
}

char* write_sized(char* to, Bytes bytes) noexcept {
  size_t length = bytes.size();
  for (; length >= 0x80; length >>= 7) *to++ = static_cast<char>(length | 0x80);
  *to++ = static_cast<char>(length);
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

size_t Field::size(Bytes name, Bytes value) noexcept {
  return length_size(name.size()) + name.size() + length_size(value.size()) + value.size();
}

HashObject::~HashObject() { slab_.release_all(fields_); }

std::unique_ptr<Object> HashObject::clone() const {
  auto copy = std::make_unique<HashObject>();
  fields_.for_each([&](const Field& field) {
    copy->insert(field.key(), field.value(), fields_.hash(field.key()));
    return Walk::kGoOn;
  });
  return copy;
}

size_t HashObject::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<HashObject*>(this)) + fields_.memory_bytes() +
         slab_.memory_bytes();
}

void HashObject::insert(Bytes name, Bytes value, uint64_t hash) {
  Field* field = make(name, value);
  try {
    fields_.insert(field, hash);
  } catch (...) {
    release(field);
    throw;
  }
  slab_.grew(fields_, [this](void* copy) { moved(static_cast<Field*>(copy)); });
}

Field* HashObject::make(Bytes name, Bytes value) {
  void* block = slab_.allocate(Field::size(name, value));
  write_sized(write_sized(static_cast<char*>(block), name), value);
  return static_cast<Field*>(block);
}

void HashObject::release(Field* field) noexcept {
  slab_.release(field, field->memory_size(),
                [this](void* copy) { moved(static_cast<Field*>(copy)); });
}

bool HashObject::set(Bytes name, Bytes value) {
  const uint64_t hash = fields_.hash(name);
  auto slot = fields_.find(name, hash);
  if (!slot) {
    insert(name, value, hash);
    return true;
  }
  Field* old = slot.item();
  if (Slab::capacity(Field::size(name, value)) == Slab::capacity(old->memory_size())) {
    const Bytes own = old->key();
    write_sized(const_cast<char*>(own.data() + own.size()), value);
    return false;
  }
  Field* field = make(name, value);
  slot.replace(field);
  release(old);
  return false;
}

bool HashObject::erase(Bytes name) noexcept {
  const uint64_t hash = fields_.hash(name);
  const auto slot = fields_.find(name, hash);
  if (!slot) return false;
  Field* field = slot.item();
  fields_.erase(slot, hash);
  release(field);
  return true;
}

}  // namespace kevy
