#include "store/hash/hash.h"

#include "store/packed/packed_probe.h"

namespace kevy {

const char* Hash::find_packed(const Packing& field) const noexcept {
  return kevy::find_packed<2>(entry_->packed(), field);
}

std::optional<PackedElement> Hash::find(Bytes field) const noexcept {
  if (entry_ == nullptr) return std::nullopt;
  if (!is_packed()) {
    const auto slot = big().fields().find(field);
    if (!slot) return std::nullopt;
    return PackedElement{false, 0, slot.item()->value()};
  }
  const char* at = find_packed(Packing(field));
  if (at == nullptr) return std::nullopt;
  return read_packed(at + packed_size(at));
}

bool Hash::set(Bytes field, Bytes value, const Limits& limits) {
  if (entry_ != nullptr && !is_packed()) return set_big(field, value);
  if (field.size() > limits.bytes || value.size() > limits.bytes) return set_big(field, value);
  const Packing name(field), content(value);
  const size_t pair_size = name.size() + content.size();
  const Bytes now = entry_ == nullptr ? Bytes() : entry_->packed();
  const char* at = entry_ == nullptr ? nullptr : find_packed(name);
  const bool added = at == nullptr;
  const size_t count = entry_ == nullptr ? 0 : entry_->packed_count();
  if (count + (added ? 1 : 0) > limits.fields || now.size() + pair_size > Keyspace::kPackedMax) {
    return set_big(field, value);
  }
  if (added) {
    char* end = entry_ == nullptr
                    ? keyspace_->put_packed(entry_, key_, Type::kHash, Encoding::kPacked,
                                            pair_size, 1)
                    : keyspace_->splice(entry_, key_, now.size(), 0, pair_size, 1);
    content.write(name.write(end));
    return true;
  }
  const char* old = at + name.size();
  const auto offset = static_cast<size_t>(old - now.data());
  content.write(keyspace_->splice(entry_, key_, offset, packed_size(old), content.size(), 0));
  return false;
}

bool Hash::set_big(Bytes field, Bytes value) {
  if (entry_ != nullptr && !is_packed()) {
    const bool added = big().set(field, value);
    keyspace_->account(big());
    return added;
  }
  auto object = std::make_unique<HashObject>();
  for_each([&](Bytes name, Bytes content) { object->set(name, content); });
  const bool added = object->set(field, value);
  entry_ = keyspace_->set_object(key_, Type::kHash, std::move(object));
  return added;
}

bool Hash::erase(Bytes field) {
  if (entry_ == nullptr) return false;
  if (!is_packed()) {
    if (!big().erase(field)) return false;
    keyspace_->account(big());
    return true;
  }
  const char* at = find_packed(Packing(field));
  if (at == nullptr) return false;
  const size_t name_size = packed_size(at);
  const auto offset = static_cast<size_t>(at - entry_->packed().data());
  keyspace_->splice(entry_, key_, offset, name_size + packed_size(at + name_size), 0, -1);
  return true;
}

}  // namespace kevy
