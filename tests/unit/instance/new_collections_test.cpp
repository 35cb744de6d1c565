// The commands on sets and lists that only Redis 8.10 knows, after its documentation: SUNIONCARD, SDIFFCARD,
// LMOVEM.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>

#include "dialogue.h"

using namespace kevy;
using namespace kevy::test;

namespace {

using Elements = std::deque<std::string>;

const std::string kSyntax = "-ERR syntax error\r\n", kNullArray = "*-1\r\n", kEmpty = "*0\r\n",
                  kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
                  kNoKeys = "-ERR numkeys should be greater than 0\r\n",
                  kFewKeys = "-ERR Number of keys can't be greater than number of args\r\n",
                  kNegative = "-ERR LIMIT can't be negative\r\n",
                  kNoCount = "-ERR count should be greater than 0\r\n";

std::string array(const Elements& elements) {
  std::string text = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string& element : elements) text += bulk(element);
  return text;
}

}  // namespace

TEST_CASE("SUNIONCARD and SDIFFCARD count up to a limit") {
  check_dialogue({{"SADD a 1 2 3 x", integer(4)},
                  {"SADD b 3 4 x y", integer(4)},
                  {"SADD c y z", integer(2)},
                  {"SET text t", "+OK\r\n"},
                  {"SUNIONCARD 3 a b c", integer(7)},
                  {"SUNIONCARD 3 a b c LIMIT 0", integer(7)},
                  {"SUNIONCARD 3 a b c LIMIT 5", integer(5)},
                  {"SUNIONCARD 3 a b c LIMIT 7 APPROX", integer(7)},
                  {"SUNIONCARD 3 a b c approx limit 100", integer(7)},
                  {"SUNIONCARD 4 a a a a LIMIT 3", integer(3)},
                  {"SUNIONCARD 1 none", integer(0)},
                  {"SUNIONCARD 2 none a", integer(4)},
                  {"SDIFFCARD 3 a b c", integer(2)},
                  {"SDIFFCARD 2 a none", integer(4)},
                  {"SDIFFCARD 1 a", integer(4)},
                  {"SDIFFCARD 1 a LIMIT 2", integer(2)},
                  {"SDIFFCARD 2 a b LIMIT 1", integer(1)},
                  {"SDIFFCARD 2 a a", integer(0)},
                  {"SDIFFCARD 2 none a", integer(0)},
                  {"SUNIONCARD 0 a", kNoKeys},
                  {"SDIFFCARD x a", kNoKeys},
                  {"SUNIONCARD 3 a b", kFewKeys},
                  {"SDIFFCARD 2 a b APPROX", kSyntax},
                  {"SUNIONCARD 2 a b LIMIT", kSyntax},
                  {"SUNIONCARD 2 a b LIMIT -1", kNegative},
                  {"SDIFFCARD 2 a b LIMIT x", kNegative},
                  {"SUNIONCARD 2 a text", kWrongType},
                  {"SDIFFCARD 2 none text", kWrongType}});
}

TEST_CASE("SUNIONCARD and SDIFFCARD count what SUNION and SDIFF answer, in all forms of a set") {
  const auto instance = start(2);
  Client client(*instance);
  uint32_t seed = 7;
  const auto below = [&](uint32_t bound) { return (seed = seed * 1664525 + 1013904223) / 65536 % bound; };
  for (int round = 0; round < 60; ++round) {
    client("FLUSHALL");
    for (const std::string key : {"a", "b", "c"}) {
      const uint32_t members = below(3) == 0 ? 1500 : below(30);
      for (uint32_t i = 0; i < members; ++i) {
        client("SADD " + key + (below(9) == 0 ? " m" : " ") + std::to_string(below(2 * members + 1)));
      }
    }
    for (const std::string verb : {"SUNION", "SDIFF"}) {
      const std::string all = client(verb + " a b c a");
      const int64_t size = std::stoll(all.substr(1));
      if (verb == "SDIFF") CHECK(size == 0);
      const int64_t found = std::stoll(client(verb + " a b c").substr(1));
      CHECK(client(verb + "CARD 3 a b c") == integer(found));
      CHECK(client(verb + "CARD 3 a b c LIMIT 9") == integer(std::min<int64_t>(found, 9)));
    }
  }
}

TEST_CASE("LMOVEM moves several elements") {
  check_dialogue({{"RPUSH l 1 2 3 4 5", integer(5)},
                  {"LMOVEM l m LEFT LEFT COUNT 2 OBO", array({"2", "1"})},
                  {"LMOVEM l m LEFT LEFT EXACTLY 5 BULK", kNullArray},
                  {"LMOVEM l m LEFT LEFT COUNT 2 BULK", array({"3", "4"})},
                  {"LRANGE m 0 -1", array({"3", "4", "2", "1"})},
                  {"LMOVEM l m LEFT RIGHT", array({"5"})},
                  {"EXISTS l", integer(0)},
                  {"LMOVEM l m LEFT RIGHT", kEmpty},
                  {"LMOVEM l m LEFT RIGHT COUNT 3 OBO", kEmpty},
                  {"LMOVEM l m LEFT RIGHT EXACTLY 1 OBO", kNullArray},
                  {"EXPIRE m 100", integer(1)},
                  {"LMOVEM m m LEFT LEFT EXACTLY 2 OBO", array({"4", "3"})},
                  {"LMOVEM m m RIGHT LEFT COUNT 2 BULK", array({"1", "5"})},
                  {"LRANGE m 0 -1", array({"1", "5", "4", "3", "2"})},
                  {"LMOVEM m m RIGHT RIGHT COUNT 9 OBO", array({"2", "3", "4", "5", "1"})},
                  {"LRANGE m 0 -1", array({"2", "3", "4", "5", "1"})},
                  {"TTL m", integer(100)},
                  {"SET text t", "+OK\r\n"},
                  {"LMOVEM text m LEFT LEFT", kWrongType},
                  {"LMOVEM m text LEFT LEFT COUNT 1 OBO", kWrongType},
                  {"LMOVEM m l LEFT UP", kSyntax},
                  {"LMOVEM m l LEFT LEFT COUNT", kSyntax},
                  {"LMOVEM m l LEFT LEFT COUNT 2", kSyntax},
                  {"LMOVEM m l LEFT LEFT OBO", kSyntax},
                  {"LMOVEM m l LEFT LEFT COUNT 2 BULK OBO", kSyntax},
                  {"LMOVEM m l LEFT LEFT COUNT 0 OBO", kNoCount},
                  {"LMOVEM m l LEFT LEFT EXACTLY x OBO", kNoCount},
                  {"LLEN m", integer(5)}});
}

TEST_CASE("LMOVEM moves as a list that is moved by hand, in all forms of a list") {
  const auto instance = start(GENERATE(1u, 8u));
  Client client(*instance);
  client("CONFIG SET list-max-listpack-size 16 list-compress-depth 1");
  Elements lists[2];
  const std::string names[] = {"one", "two"};
  uint32_t seed = 11, value = 0;
  const auto below = [&](uint32_t bound) { return (seed = seed * 1664525 + 1013904223) / 65536 % bound; };
  for (int round = 0; round < 2000; ++round) {
    const uint32_t from = below(2), to = below(2);
    for (uint32_t pushed = below(3) == 0 ? below(60) : 0; pushed != 0; --pushed) {
      lists[from].push_back(std::to_string(++value));
      client("RPUSH " + names[from] + ' ' + lists[from].back());
    }
    const bool left = below(2) == 0, to_left = below(2) == 0, one_by_one = below(2) == 0;
    const size_t count = std::min<size_t>(1 + below(below(2) == 0 ? 4 : 40), lists[from].size());
    Elements block(left ? lists[from].begin() : lists[from].end() - static_cast<ptrdiff_t>(count),
                   left ? lists[from].begin() + static_cast<ptrdiff_t>(count) : lists[from].end());
    if (one_by_one && left == to_left) std::reverse(block.begin(), block.end());
    for (size_t i = 0; i < count; ++i) left ? lists[from].pop_front() : lists[from].pop_back();
    lists[to].insert(to_left ? lists[to].begin() : lists[to].end(), block.begin(), block.end());
    const std::string line = "LMOVEM " + names[from] + ' ' + names[to] + (left ? " LEFT" : " RIGHT") +
                             (to_left ? " LEFT COUNT " : " RIGHT COUNT ") +
                             std::to_string(std::max<size_t>(count, 1)) + (one_by_one ? " OBO" : " BULK");
    INFO(line);
    REQUIRE(client(line) == array(block));
    for (int i = 0; i < 2; ++i) REQUIRE(client("LRANGE " + names[i] + " 0 -1") == array(lists[i]));
    if (below(20) == 0) {
      client("FLUSHALL");
      for (Elements& list : lists) list.clear();
    }
  }
}
