#include "runtime/waiting/late_keys.h"

#include <mutex>
#include <new>

namespace kevy {

void LateKeys::add(int database, Bytes key) noexcept {
  try {
    std::lock_guard guard(lock_);
    names_.push_back({database, std::string(key)});
  } catch (const std::bad_alloc&) {
    return;
  }
  if (wake_) wake_();
}

std::optional<LateKeys::Name> LateKeys::take() noexcept {
  std::lock_guard guard(lock_);
  if (names_.empty()) return std::nullopt;
  Name name = std::move(names_.back());
  names_.pop_back();
  return name;
}

}  // namespace kevy
