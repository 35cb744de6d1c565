#include "base/glob.h"

#include <algorithm>
#include <bitset>

namespace kevy {

namespace {

constexpr size_t kStarsMax = 1000;  // runs of stars that a match may pass, as in Redis
constexpr size_t kLongClass = 64;   // bytes; a longer class is turned into a bit map

class Matcher {
 public:
  Matcher(Bytes pattern, bool ignore_case) noexcept
      : pattern_(pattern), ignore_case_(ignore_case) {}

  // Matches one character with the element at `at`, which is not a star; moves `at` behind it.
  bool match_one(size_t& at, char c) noexcept {
    switch (pattern_[at]) {
      case '?':
        ++at;
        return true;
      case '[':
        return match_class(++at, c);
      case '\\':
        if (at + 1 < pattern_.size()) ++at;
        [[fallthrough]];
      default:
        return fold(pattern_[at++]) == fold(c);
    }
  }

 private:
  unsigned char fold(char c) const noexcept {
    return static_cast<unsigned char>(ignore_case_ ? ascii_lower(c) : c);
  }

  // Matches `c` with the class behind the '[' before `at`; moves `at` behind the class. Behind a
  // star the same class is tried at every character, so a long one has a bit map from the second
  // time on.
  bool match_class(size_t& at, char c) noexcept {
    const size_t begin = at;
    const unsigned char tested = fold(c);
    if (begin == known_begin_) {
      at = known_end_;
      return known_[tested];
    }
    if (begin == last_long_class_) {
      note_class(begin);
      at = known_end_;
      return known_[tested];
    }
    bool found = false;
    const bool negated = read_class(at, [&](unsigned char low, unsigned char high) {
      found |= tested >= low && tested <= high;
    });
    if (at - begin > kLongClass) last_long_class_ = begin;
    return found != negated;
  }

  void note_class(size_t begin) noexcept {
    int starts[257] = {};  // of ranges, less those that ended before
    known_begin_ = known_end_ = begin;
    const bool negated = read_class(known_end_, [&](unsigned char low, unsigned char high) {
      ++starts[low];
      --starts[high + 1];
    });
    for (int byte = 0, ranges = 0; byte < 256; ++byte) {
      ranges += starts[byte];
      known_[static_cast<size_t>(byte)] = (ranges != 0) != negated;
    }
  }

  // Calls range(low, high) for what the class names, in lower case when case is ignored; moves `at`
  // behind the class and returns whether it means all others.
  template <typename Range>
  bool read_class(size_t& at, Range&& range) const noexcept {
    const bool negated = at < pattern_.size() && pattern_[at] == '^';
    if (negated) ++at;
    for (; at < pattern_.size(); ++at) {  // a class without ']' ends with the pattern
      if (pattern_[at] == '\\' && at + 1 < pattern_.size()) {
        ++at;
        range(fold(pattern_[at]), fold(pattern_[at]));
      } else if (pattern_[at] == ']') {
        ++at;
        break;
      } else if (at + 2 < pattern_.size() && pattern_[at + 1] == '-') {
        const auto [low, high] = std::minmax({fold(pattern_[at]), fold(pattern_[at + 2])});
        range(low, high);
        at += 2;
      } else {
        range(fold(pattern_[at]), fold(pattern_[at]));
      }
    }
    return negated;
  }

  const Bytes pattern_;
  const bool ignore_case_;
  size_t last_long_class_ = Bytes::npos;  // where the class began
  size_t known_begin_ = Bytes::npos;      // of the class that `known_` tells all about
  size_t known_end_ = 0;
  std::bitset<256> known_;
};

}  // namespace

// Only the last star seen has to be tried again: what the earlier ones took can stay.
bool glob_match(Bytes pattern, Bytes text, bool ignore_case) noexcept {
  Matcher matcher(pattern, ignore_case);
  size_t p = 0, t = 0, stars = 0;
  size_t star = Bytes::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      while (p < pattern.size() && pattern[p] == '*') ++p;
      if (p == pattern.size()) return true;
      if (++stars > kStarsMax) return false;
      star = p;
      star_text = t;
      continue;
    }
    size_t next = p;
    if (p < pattern.size() && matcher.match_one(next, text[t])) {
      p = next;
      ++t;
    } else if (star != Bytes::npos) {
      p = star;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace kevy
