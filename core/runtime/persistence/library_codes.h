// LibraryCodes: the code of the libraries of functions, which go into a snapshot. The holder of all shards
// calls it.
#pragma once

#include <string>
#include <vector>

namespace kevy {

class LibraryCodes {
 public:
  virtual ~LibraryCodes() = default;
  virtual std::vector<std::string> library_codes() const = 0;
};

}  // namespace kevy
