// Words: a command's words, taken from JavaScript values, in the form that the C ABI wants.
//
// Strings are written to an arena as UTF-8, numbers and bigints as their decimal text; the bytes of
// big Buffers are pointed at where they are. All values are read from their array before the first
// of them is looked at: reading may run code of the user's (a getter, a Proxy), which may take the
// memory away that a word points to; looking at a value runs none.
#pragma once

#include <kevy.h>
#include <napi.h>

#include <span>
#include <string_view>
#include <vector>

#include "arena.h"

namespace kevy::node {

/// As bytes_of, of what is no string.
std::string_view other_bytes_of(napi_env env, napi_value value, Arena& arena);

/// The bytes of a string, number, bigint, Buffer, array of bytes, DataView or ArrayBuffer; they
/// live until the arena is cleared or code of the user's runs. Refuses anything else.
inline std::string_view bytes_of(napi_env env, napi_value value, Arena& arena) {
  std::string_view text;
  return arena.text(env, value, &text) ? text : other_bytes_of(env, value, arena);
}

/// The elements of an array, which may be a Proxy or have getters.
std::vector<napi_value> elements_of(napi_env env, napi_value array);

class Words {
 public:
  /// Starts a new list, in an arena that is cleared.
  void clear() noexcept {
    arena_.clear();
    data_.clear();
    sizes_.clear();
    bytes_ = 0;
  }
  void add(napi_env env, napi_value value) {
    const std::string_view word = bytes_of(env, value, arena_);
    data_.push_back(word.data());
    sizes_.push_back(word.size());
    bytes_ += word.size();
  }
  void add_all(napi_env env, std::span<const napi_value> values) {
    for (const napi_value value : values) add(env, value);
  }
  /// Some of the words, as the C ABI takes several.
  struct Slices {
    std::vector<const char*> data;
    std::vector<size_t> sizes;
  };
  Slices slices(size_t first, size_t step) const;

  size_t count() const noexcept { return data_.size(); }
  const char* const* data() const noexcept { return data_.data(); }
  const size_t* sizes() const noexcept { return sizes_.data(); }
  /// How long all of them are together.
  size_t bytes() const noexcept { return bytes_; }
  Arena& arena() noexcept { return arena_; }

 private:
  Arena arena_;
  std::vector<const char*> data_;
  std::vector<size_t> sizes_;
  size_t bytes_ = 0;
};

}  // namespace kevy::node
