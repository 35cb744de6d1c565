// Words: a command's words, taken from JavaScript values, in the form that the C ABI wants.
//
// Strings are written to an arena as UTF-8, numbers and bigints as their decimal text; the bytes of
// big Buffers are pointed at where they are. Nothing here runs code of the user's.
#pragma once

#include <kevy.h>
#include <napi.h>

#include <string_view>
#include <vector>

#include "arena.h"

namespace kevy::node {

/// The bytes of a string, number, bigint, Buffer, TypedArray, DataView or ArrayBuffer; they live
/// until the arena is cleared or the JavaScript value is gone. Throws a TypeError for anything else.
std::string_view bytes_of(napi_env env, napi_value value, Arena& arena);

class Words {
 public:
  /// Starts a new list, in an arena that is cleared.
  void clear() noexcept {
    arena_.clear();
    data_.clear();
    sizes_.clear();
  }
  void add(napi_env env, napi_value value) {
    const std::string_view word = bytes_of(env, value, arena_);
    data_.push_back(word.data());
    sizes_.push_back(word.size());
  }
  void add_all(const Napi::Array& values) {
    const uint32_t count = values.Length();
    for (uint32_t i = 0; i < count; ++i) add(values.Env(), values.Get(i));
  }

  size_t count() const noexcept { return data_.size(); }
  const char* const* data() const noexcept { return data_.data(); }
  const size_t* sizes() const noexcept { return sizes_.data(); }
  Arena& arena() noexcept { return arena_; }

 private:
  Arena arena_;
  std::vector<const char*> data_;
  std::vector<size_t> sizes_;
};

}  // namespace kevy::node
