// How an entry takes the place of another one that can still come back.
#include "store/keyspace.h"
#include "store/keyspace_shape.h"

namespace kevy {

// An entry that is in no table yet.
Entry* Keyspace::make(Key key, const Entry* before, const Shape& shape) {
  const size_t key_size = key.bytes.size(), key_offset = shape.key_offset(key_size);
  Entry* const entry = allocate(key, shape);
  if (before != nullptr) entry->access_ = before->access_;
  Shape::write_key(*entry, key_offset, key.bytes);
  shape.write_head(*entry, key_offset, key_size);
  shape.write_value(*entry, key_offset, key_size);
  return entry;
}

// The tables of those that expire go on having the old entry until it is let go.
Entry* Keyspace::stage_entry(Key key, Entry* before, Bytes value, int64_t expires_at_ms,
                             SharedBytes block) {
  if (expires_at_ms == kKeepExpiry) {
    expires_at_ms = before != nullptr ? before->expires_at_ms() : kNoExpiry;
  }
  Shape shape{.encoding = Encoding::kEmbedded, .expires_at_ms = expires_at_ms};
  if (is_integer(value, shape.word)) {
    shape.encoding = Encoding::kInteger;
  } else if (value.size() > Entry::kEmbeddedMax) {
    if (!block) block = SharedBytes::copy_of(value);
    shape.encoding = Encoding::kShared;
    shape.word = static_cast<int64_t>(reinterpret_cast<intptr_t>(block.block()));
  } else {
    shape.inside = value;
    shape.inside_size = value.size();
  }
  Entry* const entry = make(key, before, shape);
  const bool had_expiry = before != nullptr && before->has_expiry();
  try {
    enter_tables(entry, key.hash,
                 {.entries = before == nullptr,
                  .expiring = entry->has_expiry() && !had_expiry,
                  .expiring_fields = false});
  } catch (...) {
    memory_.release(entry);
    throw;
  }
  if (before != nullptr) entries_.find(key.bytes, key.hash).replace(entry);
  if (shape.encoding == Encoding::kShared) {
    value_memory_ += block.block()->memory_bytes();
    block.release();  // the entry's now
  }
  return entry;
}

void Keyspace::settle_entry(Key key, Entry* before, Entry* now) noexcept {
  if (before->has_expiry()) update_table(expiring_, key, now, now->has_expiry());
  if (before->awaits_field_expiry()) update_table(expiring_fields_, key, nullptr, false);
  release_value(Outside(*before));
  memory_.release(before);
}

void Keyspace::take_back(Key key, const Staged& staged) noexcept {
  const auto [before, now, fit] = staged;
  if (fit.how != Fit::kNot) return;
  const bool had_expiry = before != nullptr && before->has_expiry();
  if (now->has_expiry() && !had_expiry) update_table(expiring_, key, nullptr, false);
  update_table(entries_, key, before, before != nullptr);
  release_value(Outside(*now));
  memory_.release(now);
}

}  // namespace kevy
