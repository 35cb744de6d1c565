#include "store/hash/hash.h"

#include <algorithm>

#include "base/bytes.h"
#include "store/packed/packed_probe.h"

namespace kevy {

const char* Hash::find_packed(const Packing& field) const noexcept {
  if (has_times()) [[unlikely]] return kevy::find_packed<3>(entry_->packed(), field);
  return kevy::find_packed<2>(entry_->packed(), field);
}

// Where the time of a field is that is packed with field times.
const char* Hash::find_time(Bytes field) const noexcept {
  const char* at = find_packed(Packing(field));
  if (at == nullptr) return nullptr;
  at += packed_size(at);
  return at + packed_size(at);
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

std::optional<int64_t> Hash::expiry_of(Bytes field) const noexcept {
  if (entry_ == nullptr) return std::nullopt;
  if (!is_packed()) {
    const auto slot = big().fields().find(field);
    if (!slot) return std::nullopt;
    return big().expiry_of(*slot.item());
  }
  if (!has_times()) {
    if (find_packed(Packing(field)) == nullptr) return std::nullopt;
    return Keyspace::kNoExpiry;
  }
  const char* time = find_time(field);
  if (time == nullptr) return std::nullopt;
  return read_time(time);
}

bool Hash::set(Bytes field, Bytes value, const Limits& limits, int64_t expires_at_ms) {
  if (entry_ != nullptr && !is_packed()) return set_big(field, value, expires_at_ms);
  if (field.size() > limits.bytes || value.size() > limits.bytes) {
    return set_big(field, value, expires_at_ms);
  }
  const Packing name(field), content(value);
  const size_t pair_size = name.size() + content.size();
  const Bytes now = entry_ == nullptr ? Bytes() : entry_->packed();
  const char* at = entry_ == nullptr ? nullptr : find_packed(name);
  const bool added = at == nullptr;
  const size_t count = entry_ == nullptr ? 0 : entry_->packed_count();
  if (count + (added ? 1 : 0) > limits.fields ||
      now.size() + pair_size + kTimeMost > Keyspace::kPackedMax) {
    return set_big(field, value, expires_at_ms);
  }
  if (expires_at_ms >= 0 || (entry_ != nullptr && has_times())) [[unlikely]] {
    return set_with_time(field, value, expires_at_ms);
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

// The same for a hash that has field times, or gets them, and may stay packed.
bool Hash::set_with_time(Bytes field, Bytes value, int64_t expires_at_ms) {
  const Packing name(field), content(value), time = packed_time(expires_at_ms);
  if (entry_ == nullptr) {
    char* to = keyspace_->put_packed(entry_, key_, Type::kHash, Encoding::kPacked,
                                     name.size() + content.size() + time.size(), 1, expires_at_ms);
    time.write(content.write(name.write(to)));
    return true;
  }
  if (expires_at_ms >= 0) expect_expiry(expires_at_ms);
  if (!is_packed()) return set_big(field, value, expires_at_ms);
  const Bytes now = entry_->packed();
  const char* at = find_packed(name);
  if (at == nullptr) {
    const size_t size = name.size() + content.size() + time.size();
    char* end = keyspace_->splice(entry_, key_, now.size(), 0, size, 1);
    time.write(content.write(name.write(end)));
  } else {
    const char* old = at + name.size();
    const auto offset = static_cast<size_t>(old - now.data());
    size_t old_size = packed_size(old), size = content.size();
    const bool stays = expires_at_ms == Keyspace::kKeepExpiry;
    if (!stays) {
      old_size += packed_size(old + old_size);
      size += time.size();
    }
    char* end = content.write(keyspace_->splice(entry_, key_, offset, old_size, size, 0));
    if (!stays) time.write(end);
  }
  note_next_expiry();
  return at == nullptr;
}

bool Hash::set_big(Bytes field, Bytes value, int64_t expires_at_ms) {
  if (entry_ != nullptr && !is_packed()) {
    if (expires_at_ms >= 0) [[unlikely]] expect_expiry(expires_at_ms);
    HashObject& object = big_to_change();
    const bool added = object.set(field, value, expires_at_ms);
    keyspace_->account(object);
    if (has_times()) [[unlikely]] note_next_expiry();
    return added;
  }
  auto object = to_object();
  const bool added = object->set(field, value, expires_at_ms);
  int64_t first = entry_ == nullptr || !has_times() ? Entry::kNoFieldTimes : Entry::kNoFieldExpires;
  if (object->times() != nullptr) first = object->times()->first().at_ms;
  entry_ = keyspace_->set_object(key_, Type::kHash, std::move(object), first);
  return added;
}

std::unique_ptr<HashObject> Hash::to_object() const {
  auto object = std::make_unique<HashObject>();
  for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
    object->set(field, value, expires_at_ms);
  });
  return object;
}

void Hash::set_expiry(Bytes field, int64_t expires_at_ms) {
  if (expires_at_ms == Keyspace::kNoExpiry && !has_times()) return;
  if (expires_at_ms != Keyspace::kNoExpiry) expect_expiry(expires_at_ms);
  if (is_packed()) {
    const Packing time = packed_time(expires_at_ms);
    const char* old = find_time(field);
    const auto offset = static_cast<size_t>(old - entry_->packed().data());
    time.write(keyspace_->splice(entry_, key_, offset, packed_size(old), time.size(), 0));
  } else {
    HashObject& object = big_to_change();
    object.set_expiry(field, expires_at_ms);
    keyspace_->account(object);
  }
  note_next_expiry();
}

// Before a field is given a moment to expire at: gives the hash field times, and room for one more,
// where it has them not; what may fail to enter a table does so here. A packed hash may become big.
void Hash::expect_expiry(int64_t expires_at_ms) {
  if (is_packed()) add_times();
  const int64_t first = has_times() ? entry_->fields_expire_at_ms() : Entry::kNoFieldExpires;
  entry_ = keyspace_->set_fields_expiry(entry_, key_.hash, std::min(first, expires_at_ms));
}

void Hash::add_times() {
  const size_t size = entry_->packed().size();
  if (size + this->size() + kTimeMost > Keyspace::kPackedMax) {
    auto object = to_object();
    const int64_t first = has_times() ? entry_->fields_expire_at_ms() : Entry::kNoFieldExpires;
    entry_ = keyspace_->set_object(key_, Type::kHash, std::move(object), first);
    return;
  }
  if (has_times()) return;
  std::string content;
  content.reserve(size + this->size());
  for (PackedCursor at(entry_->packed()); !at.done();) {
    const char* const pair = at.at();
    at.skip(2);
    content.append(pair, at.at());
    content.append(1, kNoTime);
  }
  put_packed(content, this->size(), Entry::kNoFieldExpires);
}

void Hash::put_packed(Bytes content, size_t count, int64_t fields_expire_at_ms) {
  char* to = keyspace_->put_packed(entry_, key_, Type::kHash, Encoding::kPacked, content.size(),
                                   static_cast<uint32_t>(count), fields_expire_at_ms);
  copy_bytes(to, content);
}

// After a field has been changed: finds out when the next one expires.
void Hash::note_next_expiry() {
  int64_t next = Entry::kNoFieldExpires;
  if (is_packed()) {
    for (PackedCursor at(entry_->packed()); !at.done(); at.skip()) {
      at.skip(2);
      const int64_t time = read_time(at.at());
      if (time != Keyspace::kNoExpiry) next = std::min(next, time);
    }
  } else if (big().times() != nullptr) {
    next = big().times()->first().at_ms;
  }
  entry_ = keyspace_->set_fields_expiry(entry_, key_.hash, next);
}

bool Hash::all_due(int64_t now_ms) const noexcept {
  if (!has_times()) return false;
  if (!is_packed()) {
    const FieldTimes* times = big().times();
    return times != nullptr && times->size() == size() && times->all_due(now_ms);
  }
  bool all = true;
  for (PackedCursor at(entry_->packed()); !at.done() && all; at.skip()) {
    at.skip(2);
    const int64_t time = read_time(at.at());
    all = time != Keyspace::kNoExpiry && time <= now_ms;
  }
  return all;
}

bool Hash::erase(Bytes field) {
  if (entry_ == nullptr) return false;
  if (!is_packed()) {
    HashObject& object = big_to_change();
    if (!object.erase(field)) return false;
    keyspace_->account(object);
    if (has_times()) [[unlikely]] note_next_expiry();
    return true;
  }
  const char* at = find_packed(Packing(field));
  if (at == nullptr) return false;
  const char* end = at;
  for (size_t element = 0; element < elements_a_field(); ++element) end += packed_size(end);
  const auto offset = static_cast<size_t>(at - entry_->packed().data());
  keyspace_->splice(entry_, key_, offset, static_cast<size_t>(end - at), 0, -1);
  if (has_times()) [[unlikely]] note_next_expiry();
  return true;
}

}  // namespace kevy
