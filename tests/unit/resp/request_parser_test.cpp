#include "resp/request_parser.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace kevy;

namespace {

using Commands = std::vector<std::vector<std::string>>;

// Everything in `input`, fed in two pieces cut at `cut`; an error is the last command.
Commands parse(const std::string& input, size_t cut) {
  InputBuffer buffer;
  RequestParser parser;
  Commands commands;
  for (const Bytes piece : {Bytes(input).substr(0, cut), Bytes(input).substr(cut)}) {
    buffer.append(piece);
    for (;;) {
      const auto outcome = parser.next(buffer, {});
      if (outcome == RequestParser::Outcome::kNeedMore) break;
      if (outcome == RequestParser::Outcome::kProtocolError) {
        commands.push_back({parser.error()});
        return commands;
      }
      commands.emplace_back(parser.args().begin(), parser.args().end());
    }
  }
  return commands;
}

}  // namespace

TEST_CASE("requests are the same wherever the bytes are cut") {
  const std::string input =
      "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*0\r\n\r\n*1\r\n$0\r\n\r\nset \"a\\x41\\n\" 'b c'\n"
      "*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$3\r\na\0b\r\n";
  const std::string all(input.data(), input.size());
  const Commands whole = parse(all, all.size());
  REQUIRE(whole.size() >= 4);
  CHECK(whole[0] == std::vector<std::string>{"GET", "k"});
  CHECK(whole[3] == std::vector<std::string>{"set", "aA\n", "b c"});
  for (size_t cut = 0; cut < all.size(); ++cut) REQUIRE(parse(all, cut) == whole);
}

TEST_CASE("B34 what is no request is a protocol error") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"*x\r\n", "ERR Protocol error: invalid multibulk length"},
      {"*1\r\n!3\r\n", "ERR Protocol error: expected '$', got '!'"},
      {"*1\r\n$-1\r\n", "ERR Protocol error: invalid bulk length"},
      {"*1\r\n$999999999999\r\n", "ERR Protocol error: invalid bulk length"},
      {"get 'a\r\n", "ERR Protocol error: unbalanced quotes in request"},
      {std::string(70000, 'a'), "ERR Protocol error: too big inline request"},
      {'*' + std::string(70000, '1'), "ERR Protocol error: too big mbulk count string"},
  };
  for (const auto& [input, error] : cases) {
    const Commands commands = parse(input, input.size());
    REQUIRE(commands.size() == 1);
    CHECK(commands[0][0] == error);
  }
}

TEST_CASE("a command announced but not sent costs no memory") {
  InputBuffer buffer;
  RequestParser parser;
  buffer.append("*2\r\n$3\r\nGET\r\n$536870912\r\nabc");
  CHECK(parser.next(buffer, {}) == RequestParser::Outcome::kNeedMore);
  CHECK(buffer.capacity() < 100000);
}
