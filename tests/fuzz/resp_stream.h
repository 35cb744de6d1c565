// Reads a session's output the way a client would: one reply after the other, of RESP2 or RESP3.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace kevy::fuzz {

class RespStream {
 public:
  explicit RespStream(Bytes bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  /// Skips one reply with all that is in it. False: these bytes are no whole reply.
  bool skip_reply() { return skip(0); }

 private:
  static constexpr int kDepthMax = 16;

  bool skip(int depth) {
    if (left_.empty() || depth > kDepthMax) return false;
    const char kind = left_[0];
    const auto line = take_line();
    if (!line) return false;
    switch (kind) {
      case '+':
      case '-':
        return true;
      case ':':
        return number(*line).has_value();
      case ',':
      case '_':
      case '#':
        return true;
      case '$':
      case '=':
        return skip_bytes(*line);
      case '*':
        return skip_elements(*line, 1, depth);
      case '~':
      case '>':
        return skip_elements(*line, 1, depth);
      case '%':
        return skip_elements(*line, 2, depth);
      default:
        return false;
    }
  }

  /// The line without its first character and its end, in which neither CR nor LF may lie.
  std::optional<Bytes> take_line() {
    const size_t end = left_.find_first_of("\r\n");
    if (end == Bytes::npos || left_.substr(end, 2) != "\r\n") return std::nullopt;
    const Bytes line = left_.substr(1, end - 1);
    left_.remove_prefix(end + 2);
    return line;
  }

  static std::optional<int64_t> number(Bytes text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  bool skip_bytes(Bytes line) {
    const auto size = number(line);
    if (!size || *size < -1) return false;
    if (*size == -1) return true;
    const auto count = static_cast<size_t>(*size);
    if (left_.size() < count + 2 || left_.substr(count, 2) != "\r\n") return false;
    left_.remove_prefix(count + 2);
    return true;
  }

  bool skip_elements(Bytes line, int64_t each, int depth) {
    const auto size = number(line);
    if (!size || *size < -1) return false;
    for (int64_t i = 0; i < *size * each; ++i) {
      if (!skip(depth + 1)) return false;
    }
    return true;
  }

  Bytes left_;
};

}  // namespace kevy::fuzz
