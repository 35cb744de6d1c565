// Arguments: those of a call to one of an object's own functions, and its native half.
#pragma once

#include <node_api.h>

#include <span>
#include <vector>

namespace kevy::node {

template <typename Owner, size_t kCount>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env), info_(info) {
    void* owner = nullptr;
    napi_get_cb_info(env, info, &count_, values_, nullptr, &owner);
    owner_ = static_cast<Owner*>(owner);
  }
  Owner& owner() const noexcept { return *owner_; }
  /// One of the first kCount; undefined where none was given.
  napi_value operator[](size_t index) const noexcept { return values_[index]; }
  /// How many were given.
  size_t count() const noexcept { return count_; }
  /// All that were given.
  std::span<const napi_value> all() {
    if (count_ <= kCount) return {values_, count_};
    more_.resize(count_);
    size_t capacity = count_;
    napi_get_cb_info(env_, info_, &capacity, more_.data(), nullptr, nullptr);
    return more_;
  }

 private:
  napi_env env_;
  napi_callback_info info_;
  size_t count_ = kCount;
  napi_value values_[kCount];
  Owner* owner_ = nullptr;
  std::vector<napi_value> more_;
};

}  // namespace kevy::node
