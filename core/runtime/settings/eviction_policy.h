// maxmemory-policy: no key is evicted, but the policy says which use of keys is kept in snapshots,
// and INFO tells it.
#pragma once

#include <string>

#include "runtime/settings/settings.h"

namespace kevy {

/// Takes a lock of the configuration's; any thread that does not change directives.
std::string eviction_policy(const Settings& settings);

}  // namespace kevy
