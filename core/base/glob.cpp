#include "base/glob.h"

#include <utility>

namespace kevy {

namespace {

struct Matcher {
  Bytes pattern;
  bool ignore_case;

  char fold(char c) const noexcept { return ignore_case ? ascii_lower(c) : c; }

  // Matches `c` with the class that starts after the '[' at `at`; sets `at` behind the class.
  bool match_class(size_t& at, char c) const noexcept {
    ++at;
    const bool negated = at < pattern.size() && pattern[at] == '^';
    if (negated) ++at;
    bool found = false;
    for (;; ++at) {
      if (at >= pattern.size()) break;  // unfinished: ends with the pattern
      if (pattern[at] == '\\' && at + 1 < pattern.size()) {
        ++at;
        found |= fold(pattern[at]) == fold(c);
      } else if (pattern[at] == ']') {
        ++at;
        break;
      } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
        unsigned char low = static_cast<unsigned char>(fold(pattern[at]));
        unsigned char high = static_cast<unsigned char>(fold(pattern[at + 2]));
        if (low > high) std::swap(low, high);
        const unsigned char tested = static_cast<unsigned char>(fold(c));
        found |= tested >= low && tested <= high;
        at += 2;
      } else {
        found |= fold(pattern[at]) == fold(c);
      }
    }
    return found != negated;
  }

  // Matches one character with the element at `at`, which is not a star; moves `at` behind it.
  bool match_one(size_t& at, char c) const noexcept {
    switch (pattern[at]) {
      case '?':
        ++at;
        return true;
      case '[':
        return match_class(at, c);
      case '\\':
        if (at + 1 < pattern.size()) ++at;
        [[fallthrough]];
      default:
        return fold(pattern[at++]) == fold(c);
    }
  }
};

}  // namespace

// Only the last star seen has to be tried again: what the earlier ones took can stay.
bool glob_match(Bytes pattern, Bytes text, bool ignore_case) noexcept {
  const Matcher matcher{pattern, ignore_case};
  size_t p = 0, t = 0;
  size_t star = Bytes::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
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
