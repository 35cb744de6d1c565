#include "store/hash_object.h"

#include <algorithm>
#include <cstdlib>
#include <new>

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

// What malloc would give anyhow, so that a value of about the same length can take its place.
size_t Field::capacity(Bytes name, Bytes value) noexcept {
  constexpr size_t kStep = 16, kLeast = 24;
  const size_t size =
      length_size(name.size()) + name.size() + length_size(value.size()) + value.size();
  return std::max(kLeast, (size + 7) / kStep * kStep + 8);
}

Field* Field::make(Bytes name, Bytes value) {
  auto* memory = static_cast<char*>(std::malloc(capacity(name, value)));
  if (memory == nullptr) throw std::bad_alloc();
  write_sized(write_sized(memory, name), value);
  return reinterpret_cast<Field*>(memory);
}

HashObject::~HashObject() {
  fields_.for_each([](Field& field) { std::free(&field); });
}

std::unique_ptr<Object> HashObject::clone() const {
  auto copy = std::make_unique<HashObject>();
  fields_.for_each([&](const Field& field) {
    copy->insert(field.key(), field.value(), fields_.hash(field.key()));
  });
  return copy;
}

size_t HashObject::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<HashObject*>(this)) + fields_.memory_bytes() + fields_memory_;
}

void HashObject::insert(Bytes name, Bytes value, uint64_t hash) {
  Field* field = Field::make(name, value);
  fields_memory_ += allocated_bytes(field);
  try {
    fields_.insert(field, hash);
  } catch (...) {
    release(field);
    throw;
  }
}

void HashObject::release(Field* field) noexcept {
  fields_memory_ -= allocated_bytes(field);
  std::free(field);
}

bool HashObject::set(Bytes name, Bytes value) {
  const uint64_t hash = fields_.hash(name);
  auto slot = fields_.find(name, hash);
  if (!slot) {
    insert(name, value, hash);
    return true;
  }
  Field* old = slot.item();
  if (Field::capacity(name, value) == Field::capacity(name, old->value())) {
    const Bytes own = old->key();
    write_sized(const_cast<char*>(own.data() + own.size()), value);
    return false;
  }
  Field* field = Field::make(name, value);
  fields_memory_ += allocated_bytes(field);
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
