#include "runtime/tracking/tracked_keys.h"

namespace kevy {

TrackedKeys::TrackedKeys(size_t& interested) noexcept : interested_(interested) {}

TrackedKeys::~TrackedKeys() = default;

SessionIds TrackedKeys::take(const Key& key) noexcept {
  if (readers_ == nullptr) return {};
  SessionIds* const found = readers_->table.find(key.bytes, key.hash);
  if (found == nullptr) return {};
  SessionIds taken = std::move(*found);
  readers_->bytes -= bytes_of(key.bytes) + taken.memory_bytes();
  readers_->table.erase(key.bytes, key.hash);
  items_ -= taken.size();
  --interested_;
  return taken;
}

const std::string* TrackedKeys::any() const noexcept {
  return readers_ == nullptr ? nullptr : readers_->table.random_name(readers_->random);
}

void TrackedKeys::clear(Garbage& garbage) noexcept {
  interested_ -= keys();
  items_ = 0;
  if (readers_ != nullptr) garbage.add(std::move(readers_));
}

}  // namespace kevy
