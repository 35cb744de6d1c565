// The verbs that run and keep scripts.
#pragma once

#include <span>

#include "runtime/dispatch/command.h"

namespace kevy {

std::span<const CommandRow> eval_commands();
std::span<const CommandRow> script_commands();
std::span<const CommandRow> function_commands();

}  // namespace kevy
