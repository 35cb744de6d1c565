#include "store/hash/hash_edit.h"

#include <algorithm>
#include <string>

#include "store/packed/packed_probe.h"

namespace kevy {

HashEdit::HashEdit(Keyspace& keyspace, const Key& key, Entry* entry)
    : keyspace_(keyspace), key_(key), entry_(entry) {
  if (entry_ == nullptr) return;
  if (entry_->encoding() == Encoding::kObject) {
    big_.emplace(static_cast<HashObject&>(keyspace.object_to_change(*entry_, key.hash)));
    return;
  }
  packed_.assign(entry_->packed());
  count_ = entry_->packed_count();
  timed_ = entry_->has_field_times();
}

HashEdit::~HashEdit() { finish(); }

// Gives up what was not committed, and brings up to date what the keyspace knows of the hash.
void HashEdit::finish() noexcept {
  if (big_) {
    big_.reset();
    keyspace_.account(keyspace_.object_to_change(*entry_, key_.hash));
  }
  if (expected_) Hash(keyspace_, key_, entry_).note_next_expiry();
  expected_ = false;
}

const char* HashEdit::find(const Packing& field) const noexcept {
  if (timed_) return find_packed<3>(packed_.bytes(), field);
  return find_packed<2>(packed_.bytes(), field);
}

bool HashEdit::set(Bytes field, Bytes value, const Hash::Limits& limits, int64_t expires_at_ms) {
  if (expires_at_ms >= 0) expect_expiry(expires_at_ms);
  if (big_) return big_->set(field, value, expires_at_ms);
  if (made_ != nullptr) return made_->set(field, value, expires_at_ms);
  if (field.size() > limits.bytes || value.size() > limits.bytes) {
    become_object();
    return made_->set(field, value, expires_at_ms);
  }
  const Packing name(field), content(value), time = Hash::packed_time(expires_at_ms);
  if (expires_at_ms >= 0) add_times();
  const char* const at = made_ != nullptr ? nullptr : find(name);
  const size_t size = name.size() + content.size() + Hash::kTimeMost;
  if (made_ != nullptr || count_ + (at == nullptr ? 1 : 0) > limits.fields ||
      packed_.size() + size > Keyspace::kPackedMax) {
    become_object();
    return made_->set(field, value, expires_at_ms);
  }
  if (at == nullptr) {
    char* end = packed_.splice(packed_.size(), 0,
                               name.size() + content.size() + (timed_ ? time.size() : 0));
    end = content.write(name.write(end));
    if (timed_) time.write(end);
    ++count_;
    return true;
  }
  const char* const old = at + name.size();
  const auto offset = static_cast<size_t>(old - packed_.bytes().data());
  const bool with_time = timed_ && expires_at_ms != Keyspace::kKeepExpiry;
  size_t old_size = packed_size(old), new_size = content.size();
  if (with_time) {
    old_size += packed_size(old + old_size);
    new_size += time.size();
  }
  char* const end = content.write(packed_.splice(offset, old_size, new_size));
  if (with_time) time.write(end);
  return false;
}

void HashEdit::set_expiry(Bytes field, int64_t expires_at_ms) {
  const bool timed = expires_at_ms != Keyspace::kNoExpiry;
  if (timed) expect_expiry(expires_at_ms);
  if (big_) {
    big_->set_expiry(field, expires_at_ms);
    return;
  }
  if (timed) add_times();
  if (made_ != nullptr) {
    made_->set_expiry(field, expires_at_ms);
    return;
  }
  if (!timed_) return;
  const char* at = find(Packing(field));
  at += packed_size(at);
  at += packed_size(at);
  const Packing time = Hash::packed_time(expires_at_ms);
  const auto offset = static_cast<size_t>(at - packed_.bytes().data());
  time.write(packed_.splice(offset, packed_size(at), time.size()));
}

// Room for a moment behind each pair. What would be too much of it becomes an object.
void HashEdit::add_times() {
  if (made_ != nullptr) return;
  const size_t size = packed_.size() + (timed_ ? 0 : count_);
  if (size + Hash::kTimeMost > Keyspace::kPackedMax) {
    become_object();
    return;
  }
  if (timed_) return;
  std::string content;
  content.reserve(size);
  for (PackedCursor at(packed_.bytes()); !at.done();) {
    const char* const pair = at.at();
    at.skip(2);
    content.append(pair, at.at());
    content.append(1, Hash::kNoTime);
  }
  packed_.assign(content);
  timed_ = true;
}

void HashEdit::become_object() {
  if (made_ != nullptr) return;
  made_ = std::make_unique<HashObject>();
  char name_digits[kIntegerTextMax], value_digits[kIntegerTextMax];
  for (PackedCursor at(packed_.bytes()); !at.done();) {
    const PackedElement name = at.read();
    at.skip();
    const PackedElement value = at.read();
    at.skip();
    int64_t expires_at_ms = Keyspace::kNoExpiry;
    if (timed_) {
      expires_at_ms = Hash::read_time(at.at());
      at.skip();
    }
    made_->set(name.text(name_digits), value.text(value_digits), expires_at_ms);
  }
}

// As long as the hash lies where it is, its entry has to be in the table of those that await an expiry
// before the change.
void HashEdit::expect_expiry(int64_t expires_at_ms) {
  if (entry_ == nullptr || !(big_ || entry_->has_field_times())) return;
  const int64_t first = entry_->has_field_times() ? entry_->fields_expire_at_ms()
                                                  : Entry::kNoFieldExpires;
  if (first <= expires_at_ms && entry_->has_field_times()) return;
  entry_ = keyspace_.set_fields_expiry(entry_, key_.hash, std::min(first, expires_at_ms));
  expected_ = true;
}

int64_t HashEdit::next_expiry() const noexcept {
  if (made_ != nullptr) {
    if (made_->times() != nullptr) return made_->times()->first().at_ms;
    return timed_ ? Entry::kNoFieldExpires : Entry::kNoFieldTimes;
  }
  if (!timed_) return Entry::kNoFieldTimes;
  int64_t next = Entry::kNoFieldExpires;
  for (PackedCursor at(packed_.bytes()); !at.done(); at.skip()) {
    at.skip(2);
    const int64_t time = Hash::read_time(at.at());
    if (time != Keyspace::kNoExpiry) next = std::min(next, time);
  }
  return next;
}

void HashEdit::commit() {
  if (big_) {
    big_->commit();
    expected_ = entry_->has_field_times();
  } else if (made_ != nullptr) {
    const int64_t next = next_expiry();  // asks what is moved then
    entry_ = keyspace_.set_object(key_, Type::kHash, std::move(made_), next);
    expected_ = false;
  } else if (count_ != 0) {
    commit_packed();
  }
  finish();
}

void HashEdit::commit_packed() {
  const Bytes content = packed_.bytes();
  char* to;
  if (entry_ == nullptr || entry_->has_field_times() != timed_) {
    to = keyspace_.put_packed(entry_, key_, Type::kHash, Encoding::kPacked, content.size(),
                              static_cast<uint32_t>(count_), next_expiry());
  } else {
    const auto more = static_cast<int>(count_) - static_cast<int>(entry_->packed_count());
    to = keyspace_.splice(entry_, key_, 0, entry_->packed().size(), content.size(), more);
    expected_ = timed_;
  }
  copy_bytes(to, content);
}

}  // namespace kevy
