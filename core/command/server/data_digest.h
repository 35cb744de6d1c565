// Digests of values and of all data, as DEBUG DIGEST and DEBUG DIGEST-VALUE answer them: equal to
// those of Valkey for the same data, whatever the encodings and the order of what has none. Times
// to live count as being there, fields' times not at all.
//
// Pure: change nothing. Called by the holder of the locks of all shards that the data lie on.
#pragma once

#include <string>

#include "base/sha1.h"
#include "runtime/runtime.h"

namespace kevy {

/// Forty hexadecimal digits; zeros for nullptr, where there is no value.
std::string value_digest(const Entry* entry);
/// Of all keys of all databases, their names included.
std::string data_digest(Runtime& runtime);

}  // namespace kevy
