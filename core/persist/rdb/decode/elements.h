// Elements: byte strings one behind the other, in one piece of memory. One thread.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace kevy {

class Elements {
 public:
  void add(Bytes element) {
    bytes_ += element;
    ends_.push_back(bytes_.size());
  }
  size_t size() const noexcept { return ends_.size(); }
  size_t bytes() const noexcept { return bytes_.size(); }
  /// Good until something is added.
  Bytes operator[](size_t index) const noexcept {
    const size_t begin = index == 0 ? 0 : ends_[index - 1];
    return Bytes(bytes_).substr(begin, ends_[index] - begin);
  }
  void clear() noexcept {
    bytes_.clear();
    ends_.clear();
  }
  /// Whether one comes twice among every `step`th, from the first on.
  bool any_twice(size_t step) const {
    std::vector<Bytes> sorted;
    sorted.reserve(size() / step + 1);
    for (size_t i = 0; i < size(); i += step) sorted.push_back((*this)[i]);
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

}  // namespace kevy
