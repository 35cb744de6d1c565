// Which Redis clients are told they speak with, by HELLO and INFO: the version whose commands
// Valkey says it has too. Client libraries decide by it what they may use. kevy's own version is
// INFO's kevy_version.
#pragma once

#include "base/bytes.h"

namespace kevy {

inline constexpr Bytes kRedisVersion = "7.2.4";

}  // namespace kevy
