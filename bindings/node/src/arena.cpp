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

bool Arena::text(napi_env env, napi_value value, std::string_view* out) {
  if (left_ < kRoomMin) {
    char* block = allocate(kBlock);
    next_ = block;
    left_ = kBlock;
  }
  size_t size = 0;
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
