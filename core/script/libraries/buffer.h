// LibraryBuffer: the text that a library makes for a script, bounded as the script's memory is, and
// never beyond what a string of Redis can be.
#pragma once

#include <new>
#include <string>

#include "base/bytes.h"
#include "script/lua/state.h"

namespace kevy {

class LibraryBuffer {
 public:
  explicit LibraryBuffer(lua_State* lua) : max_(LuaState::of(lua).text_max()) {}

  void add(char c) { add(1, c); }
  void add(size_t count, char c) {
    make_room(count);
    text_.append(count, c);
  }
  void add(Bytes bytes) {
    make_room(bytes.size());
    text_.append(bytes);
  }
  /// The lowest `size` bytes of a number, the highest first.
  void add_big_endian(uint64_t number, size_t size) {
    make_room(size);
    for (size_t i = size; i-- > 0;) text_ += static_cast<char>(number >> (8 * i));
  }
  size_t size() const noexcept { return text_.size(); }
  Bytes text() const noexcept { return text_; }

 private:
  void make_room(size_t more) const {
    if (more > max_ - text_.size()) throw std::bad_alloc();
  }

  std::string text_;
  const size_t max_;
};

}  // namespace kevy
