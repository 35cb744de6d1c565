// What kevy-server was asked to do: the configuration file, then the command line over it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config_file.h"

namespace kevy_server {

struct Options {
  std::vector<std::string> listen;  // as kevy_start takes it
  uint32_t unix_mode = 0;    // permissions of a Unix socket; 0: as the umask says
  std::string directory;     // to work in; empty: where it was started
  uint32_t threads = 0;
  uint32_t shards = 0;
  uint32_t databases = 0;
  std::vector<std::pair<std::string, std::string>> directives;  // for the instance
  std::vector<std::string> ignored;  // directives that mean nothing here: for a notice
};

/// Reads the command line and the file it names. Throws OptionError. Prints --help or --version and
/// ends the process where that is asked for, or when the command line is wrong.
Options read_options(int argc, char** argv);

}  // namespace kevy_server
