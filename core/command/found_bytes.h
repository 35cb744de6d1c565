// FoundBytes: byte strings that a walk has found, to be answered when it is over and their number
// is known. Copies, in one piece of memory: a walk of a thousand elements takes no memory for each.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace kevy {

class FoundBytes {
 public:
  void add(Bytes bytes) {
    all_.append(bytes);
    ends_.push_back(all_.size());
  }
  size_t size() const noexcept { return ends_.size(); }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    size_t begin = 0;
    for (const size_t end : ends_) {
      visit(Bytes(all_).substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::string all_;
  std::vector<size_t> ends_;
};

}  // namespace kevy
