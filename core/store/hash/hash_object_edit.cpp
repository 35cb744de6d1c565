#include "store/hash/hash_object_edit.h"

#include <algorithm>

namespace kevy {

template <typename T>
void HashObjectEdit::make_room(std::vector<T>& in) {
  if (in.size() == in.capacity()) in.reserve(std::max<size_t>(4, 2 * in.size()));
}

HashObjectEdit::~HashObjectEdit() {
  for (const Replacement& replacement : replacements_) {
    if (replacement.made != nullptr) object_.put_back(replacement.made);
  }
  for (const Bytes name : inserted_) object_.erase(name);
}

bool HashObjectEdit::set(Bytes name, Bytes value, int64_t expires_at_ms) {
  const uint64_t hash = object_.fields_.hash(name);
  const auto slot = object_.fields_.find(name, hash);
  if (slot) {
    const Field& old = *slot.item();
    const bool stays = expires_at_ms == HashObject::kKeepExpiry;
    replace(slot, name, value, stays ? object_.expiry_of(old) : expires_at_ms);
    return false;
  }
  make_room(inserted_);
  object_.insert_unmoved(
      name, value, hash,
      expires_at_ms == HashObject::kKeepExpiry ? HashObject::kNoExpiry : expires_at_ms,
      times_to_add_);
  inserted_.push_back(name);
  return true;
}

void HashObjectEdit::set_expiry(Bytes name, int64_t expires_at_ms) {
  const auto slot = object_.fields_.find(name);
  const Field& field = *slot.item();
  const bool timed = expires_at_ms != HashObject::kNoExpiry;
  if (field.is_timed() != timed) {
    replace(slot, name, field.value(), expires_at_ms);
  } else if (timed) {
    make_room(replacements_);
    replacements_.push_back({name, nullptr, expires_at_ms, slot});
  }
}

void HashObjectEdit::replace(Table<Field>::Slot slot, Bytes name, Bytes value,
                             int64_t expires_at_ms) {
  const bool timed = expires_at_ms != HashObject::kNoExpiry;
  make_room(replacements_);
  if (timed) object_.reserve_times(times_to_add_ + 1);
  Field* const made = object_.make(name, value, timed);
  if (timed) ++times_to_add_;
  replacements_.push_back({name, made, expires_at_ms, slot});
}

void HashObjectEdit::put(const Replacement& replacement) noexcept {
  Table<Field>& fields = object_.fields_;
  auto slot = inserted_.empty() ? replacement.slot : fields.find(replacement.name);
  if (fields.viewed()) [[unlikely]] fields.before_change(fields.hash(replacement.name));
  Field* const old = slot.item();
  Field* const made = replacement.made;
  if (made == nullptr) {
    object_.times_->change(old->place(), replacement.expires_at_ms);
    return;
  }
  slot.replace(made);
  if (made->is_timed() && old->is_timed()) {
    made->set_place(old->place());
    object_.times_->moved(old->place(), made);
    object_.times_->change(old->place(), replacement.expires_at_ms);
  } else if (made->is_timed()) {
    object_.times_->add(*made, replacement.expires_at_ms);
  } else if (old->is_timed()) {
    object_.times_->remove(old->place());
  }
  object_.put_back(old);
}

void HashObjectEdit::commit() noexcept {
  for (const Replacement& replacement : replacements_) put(replacement);
  replacements_.clear();
  inserted_.clear();
  object_.settle();
}

}  // namespace kevy
