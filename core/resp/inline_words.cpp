#include "resp/request_parser.h"

namespace kevy {

namespace {

bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The white space before a word; a word itself may hold vertical tabs and form feeds.
bool is_space(char c) { return ends_word(c) || c == '\v' || c == '\f'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads a quoted part that starts behind its quote at `at`; leaves `at` behind the closing one.
// False when there is none.
bool read_quoted(Bytes line, size_t& at, char quote, std::string& word) {
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (c == quote) {
      ++at;
      return true;
    }
    const size_t left = line.size() - at;
    if (quote == '"' && c == '\\' && left > 3 && line[at + 1] == 'x' &&
        hex_digit(line[at + 2]) >= 0 && hex_digit(line[at + 3]) >= 0) {
      word += static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3]));
      at += 3;
    } else if (quote == '"' && c == '\\' && left > 1) {
      word += unescaped(line[++at]);
    } else if (quote == '\'' && c == '\\' && left > 1 && line[at + 1] == '\'') {
      word += line[++at];
    } else {
      word += c;
    }
  }
  return false;
}

}  // namespace

bool split_inline(Bytes line, std::vector<std::string>& words) {
  size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return true;
    std::string word;
    while (at < line.size() && !ends_word(line[at])) {
      const char c = line[at++];
      if (c == '"' || c == '\'') {
        if (!read_quoted(line, at, c, word)) return false;
      } else {
        word += c;
      }
    }
    words.push_back(std::move(word));
  }
}

}  // namespace kevy
