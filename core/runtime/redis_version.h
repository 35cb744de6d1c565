// Which Redis clients are told they speak with, by HELLO and INFO. Client libraries decide by it
// what they may use: times to live of fields, and redis-py its cache, from this version on. kevy's
// own version is INFO's kevy_version.
#pragma once

#include "base/bytes.h"

namespace kevy {

inline constexpr Bytes kRedisVersion = "7.4.0";

}  // namespace kevy
