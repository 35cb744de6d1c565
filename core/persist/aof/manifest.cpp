#include "persist/aof/manifest.h"

#include <algorithm>
#include <set>

#include "base/number.h"

namespace kevy {

namespace {

// What a file system takes for a name, and a line that names it, each byte written as four.
constexpr size_t kNameMax = 255, kLineMax = 4 * kNameMax + 64;
constexpr Bytes kHex = "0123456789abcdef";
// What is written as a backslash and a letter.
constexpr Bytes kSpecial = "\\\"\n\r\t\a\b", kLetters = "\\\"nrtab";

/// One line: pairs of a name and a value, which may stand in double quotes.
class Line {
 public:
  explicit Line(Bytes text) noexcept : left_(text) {}
  /// The next word; nothing at the end or when quotes are wrong.
  std::optional<std::string> word() {
    while (!left_.empty() && is_space(left_.front())) left_.remove_prefix(1);
    if (left_.empty()) return std::nullopt;
    return left_.front() == '"' ? quoted() : plain();
  }
  bool wrong() const noexcept { return wrong_; }

 private:
  static bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }
  std::string plain() {
    size_t size = 0;
    while (size < left_.size() && !is_space(left_[size])) ++size;
    std::string word(left_.substr(0, size));
    left_.remove_prefix(size);
    return word;
  }
  std::optional<std::string> quoted() {
    std::string word;
    for (left_.remove_prefix(1); !left_.empty();) {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return word;
      word += c == '\\' && !left_.empty() ? escaped() : c;
    }
    wrong_ = true;
    return std::nullopt;
  }
  // What stands behind a backslash.
  char escaped() {
    const char kind = left_.front();
    left_.remove_prefix(1);
    if (kind == 'x' && left_.size() >= 2) {
      const int high = hex_digit(left_[0]), low = hex_digit(left_[1]);
      if (high >= 0 && low >= 0) {
        left_.remove_prefix(2);
        return static_cast<char>(high << 4 | low);
      }
    }
    const size_t special = kLetters.find(kind);
    return special == Bytes::npos ? kind : kSpecial[special];
  }
  static int hex_digit(char c) noexcept {
    const size_t digit = kHex.find(ascii_lower(c));
    return digit == Bytes::npos ? -1 : static_cast<int>(digit);
  }

  Bytes left_;
  bool wrong_ = false;
};

bool is_plain(char c) noexcept {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '\'';
}

// As Redis writes and reads them: whatever is in a name, its line is one line.
std::string in_quotes_if_needed(const std::string& name) {
  if (std::all_of(name.begin(), name.end(), is_plain)) return name;
  std::string text = "\"";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t special = kSpecial.find(c); special != Bytes::npos) {
      text += '\\';
      text += kLetters[special];
    } else if (is_plain(c) || c == ' ' || c == '\'') {
      text += c;
    } else {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text + '"';
}

struct Entry {
  Manifest::File file;
  char type = 0;
};

std::optional<Entry> entry_of(Bytes line) {
  Entry entry;
  Line words(line);
  bool has_sequence = false;
  while (const auto name = words.word()) {
    const auto value = words.word();
    if (!value) return std::nullopt;
    if (equals_ignoring_case(*name, "file")) {
      entry.file.name = *value;
    } else if (equals_ignoring_case(*name, "seq")) {
      const auto number = parse_int64(*value);
      if (!number || *number < 1) return std::nullopt;
      entry.file.sequence = static_cast<uint64_t>(*number);
      has_sequence = true;
    } else if (equals_ignoring_case(*name, "type")) {
      entry.type = value->empty() ? '\0' : value->front();
    }
  }
  const std::string& name = entry.file.name;
  const bool leaves = name.find('/') != std::string::npos ||
                      name.find('\0') != std::string::npos || name == "." || name == "..";
  if (words.wrong() || name.empty() || name.size() > kNameMax || leaves || !has_sequence || entry.type == 0) {
    return std::nullopt;
  }
  return entry;
}

Error wrong_line(size_t number, const std::string& why) {
  return {Error::Kind::kInvalid,
          "line " + std::to_string(number) + " of the manifest is wrong: " + why};
}

}  // namespace

Result<Manifest> Manifest::parse(Bytes text) {
  Manifest manifest;
  std::set<std::string> seen;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    const size_t size = text.find('\n');
    if (size == Bytes::npos) return wrong_line(number, "it does not end");
    if (size > kLineMax) return wrong_line(number, "it is too long");
    const Bytes line = text.substr(0, size);
    text.remove_prefix(size + 1);
    if (line.starts_with('#')) continue;
    auto entry = entry_of(line);
    if (!entry) return wrong_line(number, "it is not 'file <name> seq <number> type <b, h or i>'");
    if (!seen.insert(entry->file.name).second) {
      return wrong_line(number, "the file was named before");
    }
    if (entry->type == 'b') {
      if (manifest.base) return wrong_line(number, "there is a second base");
      manifest.base = std::move(entry->file);
    } else if (entry->type == 'h') {
      manifest.history.push_back(std::move(entry->file));
    } else if (entry->type == 'i') {
      if (entry->file.sequence <= manifest.last_increment()) {
        return wrong_line(number, "the increments are not in order");
      }
      manifest.increments.push_back(std::move(entry->file));
    } else {
      return wrong_line(number, "the type is not known");
    }
  }
  if (number == 0) return Error{Error::Kind::kInvalid, "the manifest is empty"};
  return manifest;
}

bool Manifest::names(const std::string& name) const noexcept {
  const auto is_it = [&](const File& file) { return file.name == name; };
  return (base && is_it(*base)) || std::any_of(history.begin(), history.end(), is_it) ||
         std::any_of(increments.begin(), increments.end(), is_it);
}

std::string Manifest::text() const {
  std::string text;
  const auto add = [&](const File& file, char type) {
    text += "file " + in_quotes_if_needed(file.name) + " seq " + std::to_string(file.sequence) +
            " type " + type + '\n';
  };
  if (base) add(*base, 'b');
  for (const File& file : history) add(file, 'h');
  for (const File& file : increments) add(file, 'i');
  return text;
}

}  // namespace kevy
