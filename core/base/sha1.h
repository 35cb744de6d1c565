// SHA-1, as FIPS 180-4 describes it: for what is named after it in formats and replies, never for a
// secret, since collisions of it can be made.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace kevy {

using Sha1Digest = std::array<unsigned char, 20>;

Sha1Digest sha1(Bytes message) noexcept;

/// A digest in hexadecimal digits, in small letters.
using Sha1Hex = std::array<char, 40>;

Sha1Hex sha1_hex(Bytes message) noexcept;

}  // namespace kevy
