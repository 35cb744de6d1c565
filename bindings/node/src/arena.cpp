#include "arena.h"

#include <algorithm>

namespace kevy::node {

char* Arena::allocate(size_t size) {
  if (size > left_) {
    const size_t block = std::max(size, kBlock);
    more_.emplace_back(new char[block]);
    next_ = more_.back().get();
    left_ = block;
  }
  char* room = next_;
  next_ += size;
  left_ -= size;
  return room;
}

bool Arena::short_text(const char16_t* units, size_t count, std::string_view* out) noexcept {
  if (count >= kShortMax) return false;  // it may have been cut
  char* const room = next_;
  char16_t seen = 0;
  for (size_t i = 0; i < count; ++i) {
    seen |= units[i];
    room[i] = static_cast<char>(units[i]);
  }
  if (seen > 0x7F) return false;
  *out = {room, count};
  next_ += count;
  left_ -= count;
  return true;
}

bool Arena::text(napi_env env, napi_value value, std::string_view* out) {
  if (left_ < kRoomMin) {
    char* block = allocate(kBlock);
    next_ = block;
    left_ = kBlock;
  }
  // V8 takes twice as long to write UTF-8.
  char16_t units[kShortMax + 1];
  size_t size = 0;
  if (napi_get_value_string_utf16(env, value, units, kShortMax + 1, &size) != napi_ok) return false;
  if (short_text(units, size, out)) return true;
  if (napi_get_value_string_utf8(env, value, next_, left_, &size) != napi_ok) return false;
  if (size + kCharacterMax < left_) {
    *out = {next_, size};
    next_ += size;
    left_ -= size;
    return true;
  }
  // It may have been cut: ask how long it is.
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &size) != napi_ok) return false;
  char* room = allocate(size + 1);
  if (napi_get_value_string_utf8(env, value, room, size + 1, &size) != napi_ok) return false;
  *out = {room, size};
  return true;
}

}  // namespace kevy::node
