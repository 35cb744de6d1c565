// PackedProbe: a value that is looked for in packed sequences, with few steps for each element that
// is another. Values are told apart by the last eight bytes of their codes, since the first ones
// ("member:") are often the same, and these bytes are compared wherever they are in another
// element: whether lengths are the same could not be foretold.
#pragma once

#include "store/packed/packed.h"

namespace kevy {

class PackedProbe {
 public:
  /// `code` must outlive the probe.
  explicit PackedProbe(const Packing& code) noexcept
      : code_(code), last_(code.last_word()), last_at_(code.size() > 8 ? code.size() - 8 : 0) {
    if (code.size() < 8) mask_ = (uint64_t{1} << (8 * code.size())) - 1;
  }

  /// Whether the element at `at`, in a sequence that goes on until `end`, is this value.
  bool equals(const char* at, const char* end) const noexcept {
    // The last elements of a sequence may be too near to its end to be read as words.
    if (static_cast<size_t>(end - at) < last_at_ + sizeof last_) [[unlikely]] return equals_all(at);
    return (load_word(at + last_at_) & mask_) == last_ && (last_at_ == 0 || equals_all(at));
  }

 private:
  [[gnu::noinline]] bool equals_all(const char* at) const noexcept { return code_.equals(at); }

  const Packing& code_;
  const uint64_t last_;
  const size_t last_at_;
  uint64_t mask_ = ~uint64_t{0};
};

/// Where a value is among every `kStep`th element of a sequence, from the first one on; nullptr
/// where it is not.
template <size_t kStep>
const char* find_packed(Bytes sequence, const Packing& code) noexcept {
  const char* const end = sequence.data() + sequence.size();
  const PackedProbe probe(code);
  for (PackedCursor at(sequence); !at.done(); at.skip(kStep)) {
    if (probe.equals(at.at(), end)) return at.at();
  }
  return nullptr;
}

}  // namespace kevy
