#include "command/server/syntax.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "command/families.h"
#include "runtime/dispatch/command_table.h"

using namespace kevy;

namespace {

constexpr KeySpec kOneKey[] = {{1, 1, 1, kKeyRO}};
constexpr KeySpec kTwoKeys[] = {{1, 1, 1, kKeyRO}, {2, 2, 1, kKeyRO}};

std::string written(const std::vector<Argument>& arguments) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += ' ';
    if (argument.optional) text += '?';
    if (argument.multiple) text += argument.multiple_token ? '*' : '+';
    if (!argument.token.empty() && argument.type != "pure-token") text += argument.token + "=";
    text += argument.name + ":" + std::string(argument.type);
    if (argument.key_spec >= 0) text += "#" + std::to_string(argument.key_spec);
    if (!argument.arguments.empty()) text += "(" + written(argument.arguments) + ")";
  }
  return text;
}

std::string parsed(Bytes syntax, std::span<const KeySpec> keys = {}) {
  CommandRow row{.name = "verb", .arity = -1, .flags = 0, .keys = keys, .syntax = syntax};
  return written(parse_syntax(row));
}

}  // namespace

TEST_CASE("a syntax becomes the tree that it describes") {
  CHECK(parsed("").empty());
  CHECK(parsed("key value", kOneKey) == "key:key#0 value:string");
  CHECK(parsed("source:key destination:key", kTwoKeys) == "source:key#0 destination:key#1");
  CHECK(parsed("key1:key key2:key", kOneKey) == "key1:key#0 key2:key#0");
  CHECK(parsed("start:integer seconds unix-time-seconds pattern") ==
        "start:integer seconds:integer unix-time-seconds:unix-time pattern:pattern");
  CHECK(parsed("[message:string]") == "?message:string");
  CHECK(parsed("[REPLACE]") == "?replace:pure-token");
  CHECK(parsed("[MATCH pattern]") == "?MATCH=pattern:pattern");
  CHECK(parsed("[AUTH username:string password:string]") ==
        "?AUTH=username_password:block(username:string password:string)");
  CHECK(parsed("ON|OFF") == "on_off:oneof(on:pure-token off:pure-token)");
  CHECK(parsed("key <LEFT|RIGHT>", kOneKey) ==
        "key:key#0 left_right:oneof(left:pure-token right:pure-token)");
  CHECK(parsed("[EX seconds|KEEPTTL]") ==
        "?seconds_keepttl:oneof(EX=seconds:integer keepttl:pure-token)");
  CHECK(parsed("old|<[A b]|[C]> ...") ==
        "old_b_c:oneof(old:string +b_c:oneof(?A=b:string ?c:pure-token))");
  CHECK(parsed("[a [B c]]") == "?a_c:block(a:string ?B=c:string)");
}

constexpr KeySpec kSortKeys[] = {{1, 1, 1, kKeyRO},
                                 {0, 0, 1, kKeyRO, KeySearch::kUnknown},
                                 {0, 0, 1, kKeyOW, KeySearch::kUnknown}};

TEST_CASE("patterns stand for the keys that are found by no rule") {
  CHECK(parsed("key [BY pattern] [STORE destination:key]", kSortKeys) ==
        "key:key#0 ?BY=pattern:pattern#1 ?STORE=destination:key#2");
}

TEST_CASE("what is repeated belongs together") {
  CHECK(parsed("[GET pattern [GET pattern ...]]") == "?*GET=pattern:pattern");
  CHECK(parsed("key [key ...]", kOneKey) == "+key:key#0");
  CHECK(parsed("key value [key value ...]", kOneKey) == "+key_value:block(key:key#0 value:string)");
  CHECK(parsed("key score:double member [score member ...]", kOneKey) ==
        "key:key#0 +score_member:block(score:double member:string)");
  CHECK(parsed("[channel [channel ...]]") == "?+channel:string");
  CHECK(parsed("command [arg ...]") == "command:string ?+arg:string");
  CHECK(parsed("[WEIGHTS weight:integer [weight ...]]") == "?+WEIGHTS=weight:integer");
}

namespace {

// Whether there may be more of it, or less.
bool varies(const Argument& argument) {
  return argument.optional || argument.multiple ||
         ((argument.type == "block" || argument.type == "oneof") &&
          std::any_of(argument.arguments.begin(), argument.arguments.end(), varies));
}

}  // namespace

TEST_CASE("every row of the table has a syntax that parses and agrees with its arity") {
  const CommandTable table(all_commands());
  size_t rows = 0;
  const auto check = [&](const CommandRow& row, int words) {
    CAPTURE(row.name, row.syntax);
    int least = words;
    bool more = false;
    for (const Argument& argument : parse_syntax(row)) {
      const bool block = argument.type == "block";
      if (!argument.optional) least += block ? static_cast<int>(argument.arguments.size()) : 1;
      more |= varies(argument);
    }
    if (row.syntax.empty()) return;  // what it takes is told by its subcommands, or is nothing
    CHECK(std::abs(row.arity) >= least);
    CHECK((row.arity < 0) == more);
    ++rows;
  };
  for (const CommandRow* row : table.rows()) {
    check(*row, 1);
    for (const CommandRow& sub : row->subcommands) check(sub, 2);
  }
  CHECK(rows > 60);
}
