// The directive client-output-buffer-limit: "<class> <hard> <soft> <soft seconds>", repeated for as
// many classes of clients as there are.
#pragma once

#include "runtime/settings/configuration.h"
#include "runtime/settings/settings.h"

namespace kevy {

Configuration::Directive output_limits_directive(Settings& settings);

}  // namespace kevy
