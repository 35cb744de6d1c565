#include "store/packed_pairs.h"

namespace kevy {

size_t PackedPairs::find(const Packing& code) const noexcept {
  // The last bytes of the code, which ends where the score starts. What is in front of a short one
  // does not matter.
  const unsigned others = code.size() < 8 ? 64 - 8 * static_cast<unsigned>(code.size()) : 0;
  const uint64_t mask = ~uint64_t{0} << others;
  const uint64_t wanted = code.last_word() << others;
  for (size_t index = 0; index < size(); ++index) {
    const char* const end = begin_ + offset(index);
    if ((load_word(end - sizeof wanted) & mask) == wanted && is_member(index, code)) return index;
  }
  return size();
}

[[gnu::noinline]] bool PackedPairs::is_member(size_t index, const Packing& code) const noexcept {
  const size_t at = start(index);
  return offset(index) - at == code.size() && code.equals(begin_ + at);
}

// Out of the way of a search, in which scores are mostly different.
[[gnu::noinline]] bool PackedPairs::is_less(size_t index, Bytes member) const noexcept {
  char digits[kIntegerTextMax];
  return this->member(index, digits) < member;
}

}  // namespace kevy
