#include "store/packed/packed_pairs.h"

namespace kevy {

// Nothing of a step depends on the one before. kWhole: the mask has all bits.
template <typename Offset, bool kWhole>
size_t PackedPairs::find(const Packing& code, uint64_t last, uint64_t mask) const noexcept {
  constexpr size_t kStride = 4;  // between looks at how many are left
  const char* const before = begin_ - sizeof last;
  const size_t count = size();
  const char* const offsets = begin_ - count * sizeof(Offset);
  const auto is_here = [&](size_t index) {
    Offset offset;
    std::memcpy(&offset, offsets + index * sizeof offset, sizeof offset);
    const uint64_t word = load_word(before + offset);
    return (kWhole ? word : word & mask) == last && is_member(index, code);
  };
  size_t index = 0;
  for (; count - index >= kStride; index += kStride) {
    for (size_t i = 0; i < kStride; ++i) {
      if (is_here(index + i)) return index + i;
    }
  }
  while (index < count && !is_here(index)) ++index;
  return index;
}

template <typename Offset>
size_t PackedPairs::find(const Packing& code) const noexcept {
  if (code.size() >= 8) return find<Offset, true>(code, code.last_word(), 0);
  // What is in front of a short code does not matter.
  const unsigned others = 64 - 8 * static_cast<unsigned>(code.size());
  return find<Offset, false>(code, code.last_word() << others, ~uint64_t{0} << others);
}

size_t PackedPairs::find(const Packing& code) const noexcept {
  if (width_ == 1) return find<uint8_t>(code);
  return width_ == 2 ? find<uint16_t>(code) : find<uint32_t>(code);
}

[[gnu::noinline]] bool PackedPairs::is_member(size_t index, const Packing& code) const noexcept {
  const size_t at = start(index);
  return offset(index) - at == code.size() && code.equals(begin_ + at);
}

size_t PackedPairs::rank(double score, Bytes member) const noexcept {
  const size_t first = count_before([&](size_t index) { return this->score(index) < score; });
  if (first == size() || this->score(first) != score) return first;
  char digits[kIntegerTextMax];
  return count_before(first, [&](size_t index) {
    return this->score(index) == score && this->member(index, digits) < member;
  });
}

}  // namespace kevy
