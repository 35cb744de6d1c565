// The grammar of redis.conf: one directive a line, a name and words, quotes as in a shell, # for
// comments, `include` for other files.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kevy_server {

/// What is wrong with the options, in a sentence for a human.
class OptionError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Directive {
  std::string name;                // in lower case
  std::vector<std::string> words;  // its value
  std::string origin;              // "file:line", or "command line"
};

/// The directives of a file, in its order, those of included files in place. Throws OptionError.
std::vector<Directive> read_config_file(const std::string& path);

/// One line's directives: none or one. Throws OptionError for unbalanced quotes.
std::vector<std::string> split_words(const std::string& line, const std::string& origin);

}  // namespace kevy_server
