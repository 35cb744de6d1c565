#include "command/server/syntax.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace kevy {

namespace {

// Types have static storage: Argument::type is a view.
constexpr Bytes kPureToken = "pure-token", kOneOf = "oneof", kBlock = "block", kKey = "key";

struct NamedType {
  Bytes name, type;
};

/// Names that tell the type; all others are strings.
constexpr NamedType kTypeOfName[] = {
    {"key", kKey},
    {"pattern", "pattern"},
    {"seconds", "integer"},
    {"milliseconds", "integer"},
    {"count", "integer"},
    {"unix-time-seconds", "unix-time"},
    {"unix-time-milliseconds", "unix-time"},
};

constexpr std::array<Bytes, 7> kTypes = {kKey,      "string",    "integer", "double",
                                         "pattern", "unix-time", kPureToken};

using Sequence = std::vector<Argument>;

std::string joined_names(const Sequence& arguments) {
  std::string name;
  for (const Argument& argument : arguments) {
    if (!name.empty()) name += '_';
    name += argument.name;
  }
  return name;
}

Argument block_of(Sequence arguments) {
  Argument block;
  block.name = joined_names(arguments);
  block.type = kBlock;
  block.arguments = std::move(arguments);
  return block;
}

/// A sequence as one argument: its only element, what its token introduces, or a block.
Argument as_one(Sequence sequence) {
  KEVY_CHECK(!sequence.empty());
  if (sequence.size() == 1) return std::move(sequence[0]);
  if (sequence[0].type != kPureToken) return block_of(std::move(sequence));
  const std::string token = std::move(sequence[0].token);
  sequence.erase(sequence.begin());
  Argument introduced = sequence.size() == 1 && sequence[0].token.empty()
                            ? std::move(sequence[0])
                            : block_of(std::move(sequence));
  introduced.token = token;
  return introduced;
}

class SyntaxParser {
 public:
  explicit SyntaxParser(Bytes syntax) : left_(syntax) {}

  Sequence all() {
    Sequence result = choice();
    KEVY_CHECK(left_.empty());
    return result;
  }

 private:
  bool at(char c) const { return !left_.empty() && left_[0] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }

  // Sequences separated by bars; up to the closing bracket or the end.
  Sequence choice() {
    std::vector<Sequence> alternatives = {sequence()};
    while (take('|')) alternatives.push_back(sequence());
    if (alternatives.size() == 1) return std::move(alternatives[0]);
    Argument one_of;
    for (Sequence& alternative : alternatives) {
      one_of.arguments.push_back(as_one(std::move(alternative)));
    }
    one_of.name = joined_names(one_of.arguments);
    one_of.type = kOneOf;
    return {std::move(one_of)};
  }

  Sequence sequence() {
    Sequence result;
    for (skip_spaces(); !left_.empty() && !at('|') && !at(']') && !at('>'); skip_spaces()) {
      if (take('[')) {
        add_optional(result);
      } else if (take('<')) {
        result.push_back(as_one(choice()));
        KEVY_CHECK(take('>'));
      } else {
        add_word(result);
      }
    }
    return result;
  }

  // Behind the '['.
  void add_optional(Sequence& before) {
    Sequence inside = choice();
    KEVY_CHECK(take(']') && !inside.empty());
    if (inside.back().multiple && repeats(before, inside)) {
      Sequence repeated(std::make_move_iterator(before.end() - std::ssize(inside)),
                        std::make_move_iterator(before.end()));
      before.resize(before.size() - repeated.size());
      Argument group = as_one(std::move(repeated));
      group.multiple = true;
      group.multiple_token = !group.token.empty();
      before.push_back(std::move(group));
      return;
    }
    Argument optional = as_one(std::move(inside));
    optional.optional = true;
    before.push_back(std::move(optional));
  }

  static bool repeats(const Sequence& before, const Sequence& inside) {
    return before.size() >= inside.size() &&
           std::equal(inside.rbegin(), inside.rend(), before.rbegin(),
                      [](const Argument& a, const Argument& b) { return a.name == b.name; });
  }

  void add_word(Sequence& sequence) {
    const Bytes word = left_.substr(0, left_.find_first_of(" |[]<>"));
    KEVY_CHECK(!word.empty());
    left_.remove_prefix(word.size());
    if (word == "...") {
      KEVY_CHECK(!sequence.empty());
      sequence.back().multiple = true;
      return;
    }
    const size_t colon = word.find(':');
    Argument argument;
    argument.name = word.substr(0, colon);
    if (colon != Bytes::npos) {
      const auto known = std::find(kTypes.begin(), kTypes.end(), word.substr(colon + 1));
      KEVY_CHECK(known != kTypes.end());
      argument.type = *known;
    } else if (word[0] < 'a' || word[0] > 'z') {
      argument.type = kPureToken;
      argument.token = argument.name;
      std::transform(word.begin(), word.end(), argument.name.begin(), ascii_lower);
    } else {
      argument.type = "string";
      for (const NamedType& known : kTypeOfName) {
        if (argument.name == known.name) argument.type = known.type;
      }
    }
    sequence.push_back(std::move(argument));
  }

  Bytes left_;
};

// The keys of a command stand in the order of its specifications; the last one may find several.
// Patterns stand for the keys that a specification finds by no rule, where there is one.
void number_keys(Sequence& arguments, const CommandRow& row, int& next) {
  const auto unknown = std::find_if(row.keys.begin(), row.keys.end(), [](const KeySpec& spec) {
    return spec.search == KeySearch::kUnknown;
  });
  const auto specs = static_cast<int>(row.keys.size());
  for (Argument& argument : arguments) {
    if (argument.type == kKey && specs != 0) argument.key_spec = std::min(next++, specs - 1);
    if (argument.type == "pattern" && unknown != row.keys.end()) {
      argument.key_spec = static_cast<int>(unknown - row.keys.begin());
      next = argument.key_spec + 1;
    }
    number_keys(argument.arguments, row, next);
  }
}

}  // namespace

std::vector<Argument> parse_syntax(const CommandRow& row) {
  if (row.syntax.empty()) return {};
  Sequence arguments = SyntaxParser(row.syntax).all();
  int next = 0;
  number_keys(arguments, row, next);
  return arguments;
}

}  // namespace kevy
