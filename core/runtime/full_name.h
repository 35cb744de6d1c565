// The name of a command as errors and COMMAND show it: "get", "config|get".
#pragma once

#include <string>

#include "runtime/command_table.h"

namespace kevy {

std::string full_name(const CommandTable& table, const CommandRow& row);

}  // namespace kevy
