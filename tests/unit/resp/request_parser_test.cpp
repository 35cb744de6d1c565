#include "resp/request_parser.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace kevy;

namespace {

using Commands = std::vector<std::vector<std::string>>;

// Everything in `input`, fed in two pieces cut at `cut`; an error is the last command.
// `ask`: whether a command has come is asked before each one.
Commands parse(const std::string& input, size_t cut, bool ahead = false, bool shrink = false,
               bool ask = false) {
  InputBuffer buffer;
  RequestParser parser;
  Commands commands;
  for (const Bytes piece : {Bytes(input).substr(0, cut), Bytes(input).substr(cut)}) {
    buffer.append(piece);
    for (;;) {
      if (ahead && !parser.has_ahead()) parser.read_ahead(buffer, {});
      const bool has_come = !ask || parser.has_come(buffer, {});
      const auto outcome = parser.next(buffer, {});
      if (!has_come) REQUIRE(outcome == RequestParser::Outcome::kNeedMore);
      if (outcome == RequestParser::Outcome::kNeedMore) break;
      if (outcome == RequestParser::Outcome::kProtocolError) {
        commands.push_back({parser.error()});
        return commands;
      }
      commands.emplace_back(parser.args().begin(), parser.args().end());
    }
    if (!shrink) continue;
    parser.shrink();
    buffer.shrink();
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
  for (size_t cut = 0; cut < all.size(); ++cut) {
    REQUIRE(parse(all, cut) == whole);
    REQUIRE(parse(all, cut, true) == whole);
    REQUIRE(parse(all, cut, true, true, true) == whole);
    REQUIRE(parse(all, cut, false, false, true) == whole);
  }
}

TEST_CASE("whether a command has come is known before it is given") {
  for (const std::string command :
       {"PING\r\n", "*1\r\n$4\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n$2\r\n\r\n\r\n"}) {
    InputBuffer buffer;
    RequestParser parser;
    for (const std::string& said : {command, command}) {
      for (size_t i = 0; i < said.size(); ++i) {
        REQUIRE(!parser.has_come(buffer, {}));
        buffer.append(Bytes(said).substr(i, 1));
      }
      REQUIRE(parser.has_come(buffer, {}));
      REQUIRE(parser.has_come(buffer, {}));
      REQUIRE(parser.next(buffer, {}) == RequestParser::Outcome::kCommand);
    }
  }
  InputBuffer buffer;
  RequestParser parser;
  buffer.append("*x\r\n*y\r\n");
  REQUIRE(parser.has_come(buffer, {}));
  REQUIRE(parser.next(buffer, {}) == RequestParser::Outcome::kProtocolError);
  CHECK(parser.error() == "ERR Protocol error: invalid multibulk length");
}

TEST_CASE("memory given back in the middle of a command changes nothing and keeps little") {
  constexpr size_t kWords = 20'000;
  std::string input = "*2\r\n$4\r\nECHO\r\n$500000\r\n" + std::string(500'000, 'e') + "\r\n*" +
                      std::to_string(kWords) + "\r\n";
  for (size_t i = 0; i < kWords; ++i) input += "$3\r\n" + std::to_string(100 + i % 900) + "\r\n";
  const Commands whole = parse(input, input.size());
  REQUIRE(whole.size() == 2);
  for (const size_t cut : std::initializer_list<size_t>{10, 400'000, 500'030, 500'050, 600'000,
                                                        input.size() - 1}) {
    REQUIRE(parse(input, cut, false, true) == whole);
    REQUIRE(parse(input, cut, true, true) == whole);
  }
  InputBuffer buffer;
  RequestParser parser;
  buffer.append(input + "*");
  while (parser.next(buffer, {}) == RequestParser::Outcome::kCommand) {
  }
  CHECK(parser.memory() > kWords * sizeof(Bytes));
  parser.shrink();
  buffer.shrink();
  CHECK(buffer.pending() == "*");
  CHECK(parser.memory() < 32 * 1024);
  CHECK(buffer.capacity() < 64 * 1024);
}

TEST_CASE("a long word in pieces gets a block of its own, wherever the bytes are cut") {
  constexpr size_t kLong = RequestParser::kLongWordMin;
  const std::string words[] = {std::string(kLong - 1, 'a'), std::string(kLong, 'b'),
                               std::string(kLong + 1, 'c'), std::string(5'000'000, 'd')};
  std::string input = "PING\r\n*6\r\n$4\r\nMSET\r\n$1\r\nk\r\n";
  std::vector<size_t> cuts;
  for (const std::string& word : words) {
    const size_t begins = input.size();
    input += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    for (size_t i = 0; i < 24; ++i) cuts.insert(cuts.end(), {begins + i, input.size() - 12 + i});
  }
  input += "*1\r\n$4\r\nQUIT\r\n";
  const Commands whole = parse(input, input.size());
  REQUIRE(whole.size() == 3);
  REQUIRE(whole[1].size() == 6);
  for (size_t i = 0; i < 4; ++i) REQUIRE(whole[1][i + 2] == words[i]);
  for (const size_t cut : cuts) {
    REQUIRE(parse(input, cut) == whole);
    REQUIRE(parse(input, cut, true, true) == whole);
  }
}

TEST_CASE("the room for what comes is that of the block, until it is full") {
  InputBuffer buffer;
  RequestParser parser;
  constexpr size_t kSize = 6'000'000;
  std::string word(kSize, '.');
  for (size_t i = 0; i < kSize; i += 997) word[i] = static_cast<char>('a' + i % 26);
  const std::string input = "*2\r\n$4\r\nECHO\r\n$6000000\r\n" + word + "\r\n*1\r\n$4\r\nPING\r\n";
  Bytes left = input;
  Commands commands;
  bool two = false;
  while (!left.empty()) {
    iovec pieces[2];
    const size_t count = buffer.make_room(pieces, 1000, 7000);
    size_t written = 0;
    for (size_t i = 0; i < count; ++i) {
      const Bytes some = left.substr(0, pieces[i].iov_len);
      std::memcpy(pieces[i].iov_base, some.data(), some.size());
      left.remove_prefix(some.size());
      written += some.size();
    }
    CHECK((written <= 7000 && written != 0));
    two |= count == 2;
    buffer.commit(written);
    while (parser.next(buffer, {}) == RequestParser::Outcome::kCommand) {
      commands.emplace_back(parser.args().begin(), parser.args().end());
      CHECK(parser.long_words().size() == (commands.size() == 1 ? 1 : 0));
    }
    CHECK(buffer.capacity() <= 64 * 1024);
    CHECK((commands.size() != 0 || buffer.size() == input.size() - left.size()));
  }
  CHECK(two);
  REQUIRE(commands.size() == 2);
  CHECK(commands[0][1] == word);
  CHECK(parser.long_bytes() == 0);
}

TEST_CASE("what stands behind a long word has to be a line end") {
  const std::string input = "*1\r\n$40000\r\n" + std::string(40'000, 'x') + "\rx";
  for (const size_t cut : {size_t{100}, input.size() - 2, input.size() - 1, input.size()}) {
    const Commands commands = parse(input, cut);
    REQUIRE(commands.size() == 1);
    CHECK(commands[0] == std::vector<std::string>{"ERR Protocol error: invalid CRLF in request"});
  }
}

TEST_CASE("commands are read ahead as far as they have come whole, and given again") {
  const std::string get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  InputBuffer buffer;
  RequestParser parser;
  buffer.append(get + get + get.substr(0, 12));
  const auto ahead = parser.read_ahead(buffer, {});
  REQUIRE(ahead.size() == 2);
  CHECK(ahead[1][1] == "k");
  REQUIRE(parser.next(buffer, {}) == RequestParser::Outcome::kCommand);
  REQUIRE(parser.has_ahead());
  parser.forget_ahead();
  buffer.append(get.substr(12));
  CHECK(parser.read_ahead(buffer, {}).size() == 2);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(parser.next(buffer, {}) == RequestParser::Outcome::kCommand);
    CHECK(parser.args()[1] == "k");
  }
  CHECK_FALSE(parser.has_ahead());
  CHECK(parser.next(buffer, {}) == RequestParser::Outcome::kNeedMore);
  CHECK(buffer.pending().empty());
}

TEST_CASE("commands of any length are read ahead together") {
  // Each has more words than all before it, so that the room for them grows again and again.
  std::string input;
  size_t count = 1;
  std::vector<size_t> counts;
  for (; count <= 512; count = 2 * count + 1) {
    input += '*' + std::to_string(count) + "\r\n";
    for (size_t i = 0; i < count; ++i) {
      const std::string word = std::to_string(count) + ':' + std::to_string(i);
      input += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    counts.push_back(count);
  }
  InputBuffer buffer;
  RequestParser parser;
  buffer.append(input);
  const auto ahead = parser.read_ahead(buffer, {});
  REQUIRE(ahead.size() > 7);  // up to the one that passes 256 words
  for (size_t i = 0; i < ahead.size(); ++i) {
    REQUIRE(parser.next(buffer, {}) == RequestParser::Outcome::kCommand);
    REQUIRE(parser.number_ahead() == i);
    REQUIRE(parser.args().size() == counts[i]);
    for (size_t word = 0; word < counts[i]; ++word) {
      REQUIRE(parser.args()[word] == std::to_string(counts[i]) + ':' + std::to_string(word));
    }
  }
}

TEST_CASE("who may send long commands no more may not send those that were read ahead either") {
  std::string eleven = "*11\r\n";
  for (int i = 0; i < 11; ++i) eleven += "$1\r\nw\r\n";
  InputBuffer buffer;
  RequestParser parser;
  buffer.append("*1\r\n$5\r\nRESET\r\n" + eleven);
  REQUIRE(parser.read_ahead(buffer, {}).size() == 2);
  REQUIRE(parser.next(buffer, {}) == RequestParser::Outcome::kCommand);
  REQUIRE(parser.next(buffer, {.authenticated = false}) == RequestParser::Outcome::kProtocolError);
  CHECK(parser.error() == "ERR Protocol error: unauthenticated multibulk length");
}

TEST_CASE("a header that is not plain is read the careful way") {
  using Words = std::vector<std::string>;
  const std::string bulk(100'000, 'x');  // six digits
  const std::string input = "*1\r\n$100000\r\n" + bulk + "\r\n*02\r\n";
  const Commands commands = parse(input, input.size());
  REQUIRE(commands.size() == 2);
  CHECK(commands[0] == Words{bulk});
  CHECK(commands[1] == Words{"ERR Protocol error: invalid multibulk length"});
  CHECK(parse("*1\r\n$04\r\nPING\r\n", 0)[0] == Words{"ERR Protocol error: invalid bulk length"});
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

TEST_CASE("B34 a line of more than 64 KB is refused however it arrives") {
  constexpr size_t kMax = 64 * 1024;  // with the CR, without the LF
  const std::string longest = std::string(kMax - 1, 'a') + "\r\nPING\r\n";
  const std::string refused = "PING\r\na" + longest;
  for (const size_t cut : {size_t{0}, size_t{1}, kMax / 2, kMax - 1, kMax, kMax + 1, kMax + 2}) {
    CHECK(parse(longest, cut).size() == 2);
    CHECK(parse(refused, cut) ==
          Commands{{"PING"}, {"ERR Protocol error: too big inline request"}});
  }
}

TEST_CASE("a command announced but not sent costs no memory") {
  InputBuffer buffer;
  RequestParser parser;
  buffer.append("*2\r\n$3\r\nGET\r\n$536870912\r\nabc");
  CHECK(parser.next(buffer, {}) == RequestParser::Outcome::kNeedMore);
  CHECK(buffer.capacity() < 100000);
}
