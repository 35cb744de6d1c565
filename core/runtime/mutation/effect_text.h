// The text of effects: RESP arrays of bulk strings, which is what the append-only file and replicas
// take. Plain functions on memory that is large enough.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "base/bytes.h"

namespace kevy {

inline size_t digits_of(size_t number) noexcept {
  size_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

/// How much the line of a count or a length takes.
inline size_t line_size(size_t number) noexcept { return 1 + digits_of(number) + 2; }
inline size_t word_size(Bytes word) noexcept { return line_size(word.size()) + word.size() + 2; }
inline size_t effect_size(Args words) noexcept {
  size_t size = line_size(words.size());
  for (const Bytes word : words) size += word_size(word);
  return size;
}

/// No less than that, and sooner known.
inline size_t effect_size_most(Args words) noexcept {
  constexpr size_t kLinesMax = 24;  // of a word
  size_t most = kLinesMax;
  for (const Bytes word : words) most += word.size() + kLinesMax;
  return most;
}

inline char* put_line(char* to, char mark, size_t number) noexcept {
  *to++ = mark;
  if (number < 10) [[likely]] {
    *to++ = static_cast<char>('0' + number);
  } else if (number < 100) [[likely]] {
    *to++ = static_cast<char>('0' + number / 10);
    *to++ = static_cast<char>('0' + number % 10);
  } else {
    char* const end = to + digits_of(number);
    for (char* at = end; at != to; number /= 10) *--at = static_cast<char>('0' + number % 10);
    to = end;
  }
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

/// Most words are so short that a call costs more than the copying. The largest part that fits in is
/// copied from the front and from the back.
inline void copy_word(char* to, Bytes word) noexcept {
  const size_t size = word.size();
  const char* const from = word.data();
  const auto copied_by = [=]<size_t kPart>(std::integral_constant<size_t, kPart>) {
    if (size < kPart) return false;
    std::memcpy(to, from, kPart);
    std::memcpy(to + size - kPart, from + size - kPart, kPart);
    return true;
  };
  if (size > 64) {
    std::memcpy(to, from, size);
  } else {
    (void)(copied_by(std::integral_constant<size_t, 32>()) ||
           copied_by(std::integral_constant<size_t, 16>()) ||
           copied_by(std::integral_constant<size_t, 8>()) ||
           copied_by(std::integral_constant<size_t, 4>()) ||
           copied_by(std::integral_constant<size_t, 2>()) ||
           copied_by(std::integral_constant<size_t, 1>()));
  }
}

inline char* put_word(char* to, Bytes word) noexcept {
  to = put_line(to, '$', word.size());
  copy_word(to, word);
  to += word.size();
  *to++ = '\r';
  *to++ = '\n';
  return to;
}

inline char* put_effect(char* to, Args words) noexcept {
  to = put_line(to, '*', words.size());
  for (const Bytes word : words) to = put_word(to, word);
  return to;
}

}  // namespace kevy
