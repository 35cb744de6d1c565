// Arena: the memory that the words of a call are written to. It belongs to one environment and is
// used by one call at a time: nothing in it survives the next clear().
#pragma once

#include <node_api.h>

#include <memory>
#include <string_view>
#include <vector>

namespace kevy::node {

class Arena {
 public:
  Arena() : first_(new char[kBlock]) { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Forgets everything, and frees all but the first block.
  void clear() noexcept {
    next_ = first_.get();
    left_ = kBlock;
    if (!more_.empty()) more_.clear();
  }

  char* allocate(size_t size);

  /// Writes a JavaScript string as UTF-8 (lone surrogates become U+FFFD). False, with nothing
  /// written, when the value is not a string.
  bool text(napi_env env, napi_value value, std::string_view* out);

 private:
  static constexpr size_t kBlock = size_t{64} << 10;
  static constexpr size_t kRoomMin = 1024;  // below it, a new block is better than trying to fit
  static constexpr size_t kCharacterMax = 4;
  static constexpr size_t kShortMax = 256;  // in UTF-16

  /// Writes what is short and ASCII; false, with nothing written, for all else.
  bool short_text(const char16_t* units, size_t count, std::string_view* out) noexcept;

  std::unique_ptr<char[]> first_;
  std::vector<std::unique_ptr<char[]>> more_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace kevy::node
