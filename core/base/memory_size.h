// Sizes as configuration writes them: "512mb", "1g". k, m and g are powers of 1,000, kb, mb and gb
// powers of 1,024; case does not matter.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace kevy {

std::optional<int64_t> parse_memory_size(Bytes text);

}  // namespace kevy
