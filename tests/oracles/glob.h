// A glob matcher to compare kevy's with: slow, and as simple as the rules are. A pattern is first
// read into elements; then each element is tried against each place of the text, once.
#pragma once

#include <bitset>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace kevy::oracle {

/// What matches one character of the text, or with `star` any run of them.
struct GlobElement {
  bool star = false;
  std::bitset<256> accepted;
};

class Glob {
 public:
  Glob(Bytes pattern, bool ignore_case) : pattern_(pattern), ignore_case_(ignore_case) {
    while (at_ < pattern_.size()) elements_.push_back(read_element());
  }

  bool matches(Bytes text) const {
    // matched[t]: the elements so far match the first t characters.
    std::vector<bool> matched(text.size() + 1, false);
    matched[0] = true;
    for (const GlobElement& element : elements_) {
      std::vector<bool> next(text.size() + 1, false);
      for (size_t t = 0; t <= text.size(); ++t) {
        if (element.star) {
          next[t] = matched[t] || (t > 0 && next[t - 1]);
        } else if (t > 0) {
          next[t] = matched[t - 1] && element.accepted[static_cast<unsigned char>(text[t - 1])];
        }
      }
      matched = std::move(next);
    }
    return matched[text.size()];
  }

 private:
  bool left() const { return at_ < pattern_.size(); }
  char take() { return pattern_[at_++]; }

  GlobElement read_element() {
    GlobElement element;
    const char c = take();
    if (c == '*') {
      element.star = true;
    } else if (c == '?') {
      element.accepted.set();
    } else if (c == '[') {
      read_class(element);
    } else {
      accept(element, c == '\\' && left() ? take() : c);
    }
    return element;
  }

  // Behind the '['. A class that is not closed ends with the pattern.
  void read_class(GlobElement& element) {
    const bool negated = left() && pattern_[at_] == '^';
    if (negated) ++at_;
    while (left()) {
      const char c = take();
      if (c == '\\' && left()) {
        accept(element, take());
      } else if (c == ']') {
        break;
      } else if (pattern_.size() - at_ >= 2 && pattern_[at_] == '-') {
        ++at_;
        accept_range(element, c, take());
      } else {
        accept(element, c);
      }
    }
    if (negated) element.accepted.flip();
  }

  char fold(char c) const { return ignore_case_ ? ascii_lower(c) : c; }

  void accept(GlobElement& element, char wanted) const { accept_range(element, wanted, wanted); }

  void accept_range(GlobElement& element, char from, char to) const {
    auto low = static_cast<unsigned char>(fold(from)), high = static_cast<unsigned char>(fold(to));
    if (low > high) std::swap(low, high);
    for (int c = 0; c < 256; ++c) {
      const auto tested = static_cast<unsigned char>(fold(static_cast<char>(c)));
      if (tested >= low && tested <= high) element.accepted.set(static_cast<size_t>(c));
    }
  }

  Bytes pattern_;
  bool ignore_case_;
  size_t at_ = 0;
  std::vector<GlobElement> elements_;
};

}  // namespace kevy::oracle
