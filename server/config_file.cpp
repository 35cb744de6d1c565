#include "config_file.h"

#include <algorithm>
#include <cctype>
#include <fstream>

namespace kevy_server {

namespace {

constexpr int kIncludeDepthMax = 16;

char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'a': return '\a';
    case 'b': return '\b';
    default: return c;
  }
}

bool is_hex_escape(const std::string& line, size_t at) {
  return line.size() > at + 3 && line[at] == '\\' && line[at + 1] == 'x' &&
         std::isxdigit(static_cast<unsigned char>(line[at + 2])) != 0 &&
         std::isxdigit(static_cast<unsigned char>(line[at + 3])) != 0;
}

// Reads the quoted word whose opening quote is at `at`; leaves `at` after the closing one.
std::string quoted_word(const std::string& line, size_t& at, const std::string& origin) {
  const char quote = line[at++];
  std::string word;
  while (at < line.size() && line[at] != quote) {
    if (quote == '"' && is_hex_escape(line, at)) {
      word += static_cast<char>(std::stoi(line.substr(at + 2, 2), nullptr, 16));
      at += 4;
    } else if (line[at] == '\\' && at + 1 < line.size() && (quote == '"' || line[at + 1] == '\'')) {
      word += quote == '"' ? unescaped(line[at + 1]) : '\'';
      at += 2;
    } else {
      word += line[at++];
    }
  }
  if (at == line.size()) throw OptionError(origin + ": a quote is not closed");
  ++at;
  const bool glued = at < line.size() && std::isspace(static_cast<unsigned char>(line[at])) == 0;
  if (glued) throw OptionError(origin + ": a closing quote must be followed by a space");
  return word;
}

void read_into(const std::string& path, int depth, std::vector<Directive>& directives) {
  if (depth > kIncludeDepthMax) throw OptionError(path + ": included too deeply");
  std::ifstream file(path);
  if (!file) throw OptionError("cannot read the configuration file '" + path + "'");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string origin = path + ":" + std::to_string(number);
    std::vector<std::string> words = split_words(line, origin);
    if (words.empty()) continue;
    std::string name = words.front();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    words.erase(words.begin());
    if (name == "include" && words.size() == 1) {
      read_into(words.front(), depth + 1, directives);
    } else {
      directives.push_back({name, std::move(words), origin});
    }
  }
}

}  // namespace

std::vector<std::string> split_words(const std::string& line, const std::string& origin) {
  std::vector<std::string> words;
  size_t at = 0;
  while (true) {
    while (at < line.size() && std::isspace(static_cast<unsigned char>(line[at])) != 0) ++at;
    if (at == line.size() || (words.empty() && line[at] == '#')) return words;
    if (line[at] == '"' || line[at] == '\'') {
      words.push_back(quoted_word(line, at, origin));
      continue;
    }
    const size_t start = at;
    while (at < line.size() && std::isspace(static_cast<unsigned char>(line[at])) == 0) ++at;
    words.push_back(line.substr(start, at - start));
  }
}

std::vector<Directive> read_config_file(const std::string& path) {
  std::vector<Directive> directives;
  read_into(path, 0, directives);
  return directives;
}

}  // namespace kevy_server
