#include "pool.h"

#include "failure.h"

namespace kevy::node {

std::span<char> Pool::room(size_t size) {
  void* data = nullptr;
  size_t length = 0;
  if (size <= kSize - used_ && !reference_.IsEmpty()) {
    check(napi_get_reference_value(env_, reference_, &memory_));
    check(napi_get_arraybuffer_info(env_, memory_, &data, &length));
  }
  if (length != kSize) {
    check(napi_create_arraybuffer(env_, kSize, &data, &memory_));
    reference_ = Napi::Persistent(Napi::ArrayBuffer(env_, memory_));
    used_ = 0;
  }
  return {static_cast<char*>(data) + used_, kSize - used_};
}

Pool::Piece Pool::take(size_t size) {
  const auto offset = static_cast<int32_t>(used_);
  used_ += (size + kAlignment - 1) & ~(kAlignment - 1);
  return {memory_, offset, static_cast<int32_t>(size)};
}

}  // namespace kevy::node
