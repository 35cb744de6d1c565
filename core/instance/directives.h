// The directives of redis.conf that an instance has, tied to its settings.
#pragma once

#include "runtime/settings/configuration.h"
#include "runtime/settings/settings.h"

namespace kevy {

void add_directives(Configuration& configuration, Settings& settings, uint32_t databases);

}  // namespace kevy
