// The names of commands as errors and COMMAND show it: "get", "config|get".
#pragma once

#include <string>

#include "runtime/dispatch/command_table.h"

namespace kevy {

std::string full_name(const CommandTable& table, const CommandRow& row);

/// What is answered where a container has no such subcommand.
std::string unknown_subcommand(const CommandRow& row, Bytes word);

/// A name as Redis writes it in its texts: in capitals.
inline std::string in_capitals(Bytes name) {
  std::string result(name);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return result;
}

}  // namespace kevy
