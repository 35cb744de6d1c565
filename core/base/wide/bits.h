// Counting and combining the bits of long runs of bytes, in the widest registers of the machine.
// Any length, any alignment.
#pragma once

#include "base/bytes.h"
#include "base/wide/isa.h"

namespace kevy::wide {

enum class BitOperation : uint8_t { kAnd, kOr, kXor, kAndNot };

/// How many bits are set.
uint64_t count_bits(Bytes bytes, Isa level = isa()) noexcept;

/// Writes `a` and `b`, of `size` bytes each, combined to `out`, which may be either of them.
/// kAndNot: what is set in `a` and not in `b`.
void combine_bits(BitOperation operation, char* out, const char* a, const char* b, size_t size,
                  Isa level = isa()) noexcept;

/// Writes the complement of `from` to `out`, which may be the same.
void invert_bits(char* out, const char* from, size_t size, Isa level = isa()) noexcept;

/// Where the first byte is that is not `byte`; the size when there is none.
size_t find_not(Bytes bytes, char byte, Isa level = isa()) noexcept;

}  // namespace kevy::wide
