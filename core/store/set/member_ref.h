// MemberRef: a member of a set without its memory: the bytes of its text where it lies, or a number
// where that is how it is kept.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/number.h"
#include "base/prefetch.h"
#include "store/packed/packed.h"

namespace kevy {

/// Good as long as what it refers to.
class MemberRef {
 public:
  explicit MemberRef(Bytes text) noexcept : text_(text.data()), size_(text.size()) {}
  explicit MemberRef(int64_t number) noexcept : number_(number), size_(kNumber) {}
  explicit MemberRef(const PackedElement& element) noexcept
      : MemberRef(element.is_integer ? MemberRef(element.integer) : MemberRef(element.bytes)) {}

  /// The member as a string; `digits`, of kIntegerTextMax bytes, holds a number's.
  Bytes text(char* digits) const noexcept {
    return is_number() ? format_int64(number_, digits) : Bytes(text_, size_);
  }
  /// The number that it is, also where it is kept as a text.
  std::optional<int64_t> number() const noexcept {
    if (is_number()) return number_;
    return integer_of({text_, size_});
  }
  Packing packing() const noexcept {
    return is_number() ? Packing(number_) : Packing(Bytes(text_, size_));
  }
  void prefetch() const noexcept {
    if (!is_number()) prefetch_line(text_);
  }

  /// The number that a text is the shortest form of.
  static std::optional<int64_t> integer_of(Bytes text) noexcept {
    if (text.empty() || text.size() > kIntegerTextMax || text[0] > '9') return std::nullopt;
    return parse_int64(text);
  }

 private:
  static constexpr size_t kNumber = SIZE_MAX;
  bool is_number() const noexcept { return size_ == kNumber; }

  union {
    const char* text_;
    int64_t number_;
  };
  size_t size_;
};

}  // namespace kevy
