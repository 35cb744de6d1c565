#include "persist/aof/manifest.h"

#include "base/number.h"

namespace kevy {

namespace {

constexpr size_t kLineMax = 1024;

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
    for (size_t i = 1; i < left_.size(); ++i) {
      if (left_[i] == '\\' && i + 1 < left_.size()) {
        word += left_[++i];
      } else if (left_[i] == '"') {
        left_.remove_prefix(i + 1);
        return word;
      } else {
        word += left_[i];
      }
    }
    wrong_ = true;
    return std::nullopt;
  }

  Bytes left_;
  bool wrong_ = false;
};

std::string in_quotes_if_needed(const std::string& name) {
  if (name.find_first_of(" \t\"\\'") == std::string::npos) return name;
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
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
  const bool leaves = name.find('/') != std::string::npos || name == "." || name == "..";
  if (words.wrong() || name.empty() || leaves || !has_sequence || entry.type == 0) {
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
