#include "script/shebang.h"

#include <vector>

namespace kevy {

namespace {

struct NamedFlag {
  Bytes name;
  uint32_t flag;
};

constexpr NamedFlag kFlags[] = {
    {"no-writes", kScriptNoWrites},
    {"allow-oom", kScriptAllowOom},
    {"allow-stale", kScriptAllowStale},
    {"no-cluster", kScriptNoCluster},
    {"allow-cross-slot-keys", kScriptAllowCrossSlotKeys},
};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::vector<Bytes> words_of(Bytes line) {
  std::vector<Bytes> words;
  for (size_t at = 0; at < line.size();) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < line.size() && !is_space(line[end])) ++end;
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string read_flags(Bytes list, uint32_t& flags) {
  if (list.empty()) return {};
  for (;;) {
    const size_t comma = list.find(',');
    const Bytes name = list.substr(0, comma);
    const uint32_t flag = script_flag(name);
    if (flag == 0) return "ERR Unexpected flag in script shebang: " + std::string(name);
    flags |= flag;
    if (comma == Bytes::npos) return {};
    list.remove_prefix(comma + 1);
  }
}

std::string language_missing(Bytes language) {
  return "ERR Could not find scripting engine '" + std::string(language) + "'";
}

}  // namespace

uint32_t script_flag(Bytes name) noexcept {
  for (const NamedFlag& known : kFlags) {
    if (known.name == name) return known.flag;
  }
  return 0;
}

Shebang read_script_shebang(Bytes source) {
  Shebang found;
  found.code = source;
  if (!source.starts_with("#!")) return found;
  const size_t end = source.find('\n');
  if (end == Bytes::npos) {
    found.wrong = "ERR Invalid script shebang";
    return found;
  }
  found.flags = kScriptHasShebang;
  found.code = source.substr(end);
  const std::vector<Bytes> words = words_of(source.substr(0, end));
  if (words[0] != "#!lua") {
    found.wrong = language_missing(words[0].substr(2));
    return found;
  }
  for (size_t i = 1; i < words.size() && found.wrong.empty(); ++i) {
    if (words[i].starts_with("flags=")) {
      found.wrong = read_flags(words[i].substr(6), found.flags);
    } else {
      found.wrong = "ERR Unknown lua shebang option: " + std::string(words[i]);
    }
  }
  return found;
}

bool is_library_name(Bytes name) noexcept {
  if (name.empty()) return false;
  for (const char c : name) {
    const char small = ascii_lower(c);
    if ((small < 'a' || small > 'z') && (c < '0' || c > '9') && c != '_') return false;
  }
  return true;
}

Shebang read_library_shebang(Bytes source) {
  Shebang found;
  if (!source.starts_with("#!")) {
    found.wrong = "ERR Missing library metadata";
    return found;
  }
  const size_t end = source.find('\n');
  if (end == Bytes::npos) {
    found.wrong = "ERR Invalid library metadata";
    return found;
  }
  found.code = source.substr(end);
  const std::vector<Bytes> words = words_of(source.substr(0, end));
  bool named = false;
  for (size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with("name=")) {
      found.wrong = "ERR Invalid metadata value given: " + std::string(words[i]);
      return found;
    }
    if (named) {
      found.wrong = "ERR Invalid metadata value, name argument was given multiple times";
      return found;
    }
    named = true;
    found.name = std::string(words[i].substr(5));
  }
  if (!named) {
    found.wrong = "ERR Library name was not given";
  } else if (!is_library_name(found.name)) {
    found.wrong =
        "ERR Library names can only contain letters, numbers, or underscores(_) and must be at "
        "least "
        "one character long";
  } else if (!equals_ignoring_case(words[0], "#!lua")) {
    found.wrong = "ERR Engine '" + std::string(words[0].substr(2)) + "' not found";
  }
  return found;
}

}  // namespace kevy
