// The checksum of RDB files and DUMP payloads: 64 bits, reflected, Jones' polynomial, from 0 on and
// with nothing added at the end; so that it is linear. Pure functions: any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace kevy {

/// That of what had `checksum`, followed by `bytes`.
uint64_t crc64(uint64_t checksum, Bytes bytes) noexcept;

/// That of what had `checksum`, followed by `count` zero bytes; in O(log count).
uint64_t crc64_zeros(uint64_t checksum, uint64_t count) noexcept;

}  // namespace kevy
