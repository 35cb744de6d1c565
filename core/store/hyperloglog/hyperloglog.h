// A HyperLogLog: a string that estimates how many different elements were added to it.
//
// Byte for byte that of Redis: "HYLL", the form, three bytes that nobody uses, the number estimated
// last (8 bytes, the low one first; it holds good while the highest bit is clear), and 16,384
// registers, dense (registers.h) or sparse (sparse.h).
//
// Strings come from clients, who may have written anything: what is read here is no more than looks
// like one, and every function that reads registers says when they are none.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "store/hyperloglog/registers.h"

namespace kevy::hyperloglog {

inline constexpr size_t kHeaderSize = 16, kDenseSize = kHeaderSize + kPackedRegisters;

enum class Form : uint8_t { kDense = 0, kSparse = 1 };

/// Whether a string has the head of a HyperLogLog, and, if it is dense, its size. All other
/// functions are for such strings.
bool looks_like_one(Bytes bytes) noexcept;

inline Form form_of(Bytes bytes) noexcept { return static_cast<Form>(bytes[4]); }
inline Bytes registers_of(Bytes bytes) noexcept { return bytes.substr(kHeaderSize); }

/// The number estimated last, if it holds good.
std::optional<uint64_t> cached_count(Bytes bytes) noexcept;
void set_cached_count(char* bytes, uint64_t count) noexcept;
inline void forget_cached_count(char* bytes) noexcept {
  bytes[15] = static_cast<char>(static_cast<unsigned char>(bytes[15]) | 0x80);
}

/// What an element does: raises a register to a rank.
struct Mark {
  size_t index;
  uint8_t rank;
};
Mark mark_of(Bytes element) noexcept;

/// Each register becomes that of `bytes`, if that is more; false when those are no registers.
[[nodiscard]] bool merge(Registers& into, Bytes bytes, wide::Isa level = wide::isa()) noexcept;

/// The estimate for what was added; nothing when there are no registers.
std::optional<uint64_t> estimate(Bytes bytes, wide::Isa level = wide::isa()) noexcept;
uint64_t estimate(const Registers& registers) noexcept;

}  // namespace kevy::hyperloglog
