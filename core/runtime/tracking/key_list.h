// KeyList: some keys in one string, as the payload of a message.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace kevy {

class KeyList {
 public:
  size_t size() const noexcept { return size_; }
  Bytes bytes() const noexcept { return text_; }
  /// Throws std::bad_alloc.
  void add(Bytes key) {
    const auto length = static_cast<uint32_t>(key.size());
    text_.append(reinterpret_cast<const char*>(&length), sizeof length);
    text_.append(key);
    ++size_;
  }

  /// Calls visit(key) for each key of a list's bytes.
  template <typename Visit>
  static void for_each(Bytes bytes, Visit&& visit) {
    while (!bytes.empty()) {
      uint32_t length;
      std::memcpy(&length, bytes.data(), sizeof length);
      visit(bytes.substr(sizeof length, length));
      bytes.remove_prefix(sizeof length + length);
    }
  }

 private:
  std::string text_;
  size_t size_ = 0;
};

}  // namespace kevy
