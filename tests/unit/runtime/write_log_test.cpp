// The write log's stream: what units look like in it, where it is cut into chunks, and who waits
// for whom.
#include "runtime/mutation/write_log.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "logged_units.h"
#include "runtime/mutation/effect_text.h"

using namespace kevy;
using namespace kevy::test;

namespace {

using Words = std::vector<std::string>;

std::vector<Bytes> views(const Words& words) { return {words.begin(), words.end()}; }

void push(Unit& unit, int database, const Words& words) {
  const auto args = views(words);
  unit.push(database, Args(args));
}

}  // namespace

TEST_CASE("B28 one effect is a command of its own, behind a SELECT where the database changes") {
  MemoryLog log;
  const Bytes first[] = {"SET", "a", "1"}, second[] = {"DEL", "a"};
  const uint64_t between = log.append(0, first);
  const uint64_t end = log.append(3, second);
  log.append(3, second);
  CHECK(between == 23 + 27);
  CHECK(end > between);
  const std::string text = take_bytes(log);
  CHECK(text ==
        "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
        "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*2\r\n$3\r\nDEL\r\n$1\r\na\r\n"
        "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n");
  CHECK(log.consumed() == log.end());
  CHECK(log.end() == text.size());
}

TEST_CASE("B28 several effects of one step stand between MULTI and EXEC, in their order") {
  MemoryLog log;
  Unit unit;
  push(unit, 1, {"DEL", "old"});
  push(unit, 2, {"SET", "k", "v"});
  const Words own{"RPUSH", "l", "x"};
  const auto args = views(own);
  unit.set_own(2, args);
  log.append(unit);
  REQUIRE(log.units().size() == 1);
  const LoggedUnit& logged = log.units()[0];
  REQUIRE(logged.size() == 3);
  CHECK((logged[0].database == 1 && logged[0].args == Words{"DEL", "old"}));
  CHECK((logged[1].database == 2 && logged[1].args == Words{"SET", "k", "v"}));
  CHECK((logged[2].database == 2 && logged[2].args == own));
}

TEST_CASE("an effect that gets words one by one may pass ten and a hundred of them") {
  MemoryLog log;
  Unit unit;
  push(unit, 0, {"HDEL", "h"});
  Words expected{"HDEL", "h"};
  for (int i = 0; i < 250; ++i) {
    expected.push_back("field " + std::to_string(i));
    unit.append_word(expected.back());
  }
  log.append(unit);
  REQUIRE(log.units().size() == 1);
  CHECK(log.units()[0][0].args == expected);
}

TEST_CASE("effects may be taken back, said in other words, cut and put in another order") {
  MemoryLog log;
  Unit unit;
  push(unit, 0, {"MSET", "a", "1", "b", "2"});
  push(unit, 0, {"HDEL", "hash"});
  unit.append_word("field");
  unit.replace_last(views({"DEL", "hash"}));
  push(unit, 0, {"SET", "gone", "x"});
  unit.truncate(2);
  push(unit, 0, {"SADD", "s", "m"});
  unit.cut(0, 3);
  unit.rotate(0, 1);
  log.append(unit);
  const LoggedUnit& logged = log.units()[0];
  REQUIRE(logged.size() == 3);
  CHECK(logged[0].args == Words{"DEL", "hash"});
  CHECK(logged[1].args == Words{"SADD", "s", "m"});
  CHECK(logged[2].args == Words{"MSET", "a", "1"});
}

TEST_CASE("units of every size come out as they went in, whatever chunks they lie in") {
  MemoryLog log;
  std::vector<Words> expected;
  uint64_t last = 0;
  for (size_t size : {0, 1, 9, 10, 99, 100, 500, 512, 4000, 16000, 16384, 16385, 100000, 262000,
                      262080, 262144, 300000, 1000000}) {
    for (int repeat = 0; repeat < 7; ++repeat) {
      for (int database : {0, 5}) {
        const Words words{"SET", "key " + std::to_string(size),
                          std::string(size, static_cast<char>('a' + repeat))};
        Unit unit;
        push(unit, database, words);
        const uint64_t end = log.append(unit);
        CHECK(end > last);
        last = end;
        expected.push_back(words);
        const Words own{"SET", "small", std::to_string(repeat)};
        log.append(database, views(own));
        expected.push_back(own);
      }
    }
    if (size % 2 == 0) log.units();  // so that chunks are used again
  }
  const auto& units = log.units();
  REQUIRE(units.size() == expected.size());
  for (size_t i = 0; i < units.size(); ++i) {
    REQUIRE(units[i].size() == 1);
    CHECK(units[i][0].args == expected[i]);
  }
  CHECK(log.consumed() == log.end());
}

TEST_CASE("large units of several effects come out as they went in") {
  MemoryLog log;
  for (const bool mixed : {false, true}) {
    Unit unit;
    Words last;
    for (int i = 0; i < 2000; ++i) {
      last = {"SET", "key " + std::to_string(i), std::string(50, 'v')};
      push(unit, mixed ? i % 2 : 0, last);
    }
    log.append(unit);
    const LoggedUnit& logged = log.units().back();
    REQUIRE(logged.size() == 2000);
    CHECK(logged[0].args[1] == "key 0");
    CHECK(logged[1999].args == last);
  }
}

TEST_CASE("B28 units of many threads are whole, and each thread's are in its order") {
  MemoryLog log;
  constexpr int kThreads = 4, kUnits = 3000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&log, t] {
      const std::string name = "thread " + std::to_string(t);
      for (int i = 0; i < kUnits; ++i) {
        const std::string number = std::to_string(i);
        Unit unit;
        const Bytes words[] = {"SET", name, number};
        unit.push(t, words);
        if (i % 3 == 0) unit.push(t, words);
        if (i % 7 == 0) unit.push(t, {"APPEND", name, std::string(9000, 'x')});
        log.append(unit);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<int> next(kThreads, 0);
  for (const LoggedUnit& unit : log.units()) {
    const int t = unit[0].database;
    REQUIRE(unit[0].args[1] == "thread " + std::to_string(t));
    REQUIRE(unit[0].args[2] == std::to_string(next[static_cast<size_t>(t)]++));
    for (const Effect& effect : unit) CHECK(effect.database == t);
  }
  CHECK(next == std::vector<int>(kThreads, kUnits));
}

TEST_CASE("words of every short size are copied whole and nothing beside them is written") {
  const std::string text(200, 'w');
  for (size_t size = 0; size <= 130; ++size) {
    std::string name;
    for (size_t i = 0; i < size; ++i) name += static_cast<char>('a' + i % 26);
    const Bytes words[] = {"SET", name, std::string_view(text).substr(0, size)};
    const size_t bytes = effect_size(words);
    CHECK(effect_size_most(words) >= bytes);
    std::string to(bytes + 2, '!');
    CHECK(put_effect(to.data() + 1, words) == to.data() + 1 + bytes);
    const std::string length = '$' + std::to_string(size) + "\r\n";
    CHECK(to == "!*3\r\n$3\r\nSET\r\n" + length + name + "\r\n" + length + text.substr(0, size) +
                    "\r\n!");
  }
}

TEST_CASE("B28 what is taken out while threads append is whole units, each thread's in its order") {
  constexpr size_t kBytesMax = 100'000;
  constexpr int kThreads = 3, kUnits = 4000;
  WriteLog log(kBytesMax);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&log, t] {
      const std::string name = "thread " + std::to_string(t);
      for (int i = 0; i < kUnits; ++i) {
        if (log.full()) log.wait_for_room();
        log.make_ready();
        log.prefetch();
        const std::string number = std::to_string(i);
        const std::string value(static_cast<size_t>(i % 100 == 0 ? 20'000 : i % 90), 'v');
        const Bytes words[] = {"SET", name, number, value};
        Unit unit;
        if (i % 100 == 0) {
          unit.push(t, words);
        } else {
          unit.set_own(t, words);
        }
        log.append(unit);
      }
    });
  }
  std::string text;
  std::atomic<bool> all_appended{false};
  std::thread consumer([&] {
    for (bool last = false; !last;) {
      log.wait_for_work();
      last = all_appended.load();
      iovec pieces[3];
      while (const size_t count = log.peek(pieces)) {
        size_t size = 0;
        for (size_t i = 0; i < count; ++i) {
          // The last one in two parts, as a disk that is full takes it.
          const size_t part = i + 1 == count ? (pieces[i].iov_len + 1) / 2 : pieces[i].iov_len;
          text.append(static_cast<const char*>(pieces[i].iov_base), part);
          size += part;
        }
        log.consume(size);
      }
    }
  });
  for (std::thread& thread : threads) thread.join();
  all_appended.store(true);
  log.call_consumer();
  consumer.join();
  CHECK(log.consumed() == log.end());
  CHECK(text.size() == log.end());
  CHECK_FALSE(log.full());
  std::vector<LoggedUnit> units;
  UnitReader().read(text, units);
  std::vector<int> next(kThreads, 0);
  for (const LoggedUnit& unit : units) {
    REQUIRE(unit.size() == 1);
    const int t = unit[0].database;
    REQUIRE(unit[0].args[1] == "thread " + std::to_string(t));
    REQUIRE(unit[0].args[2] == std::to_string(next[static_cast<size_t>(t)]++));
  }
  CHECK(next == std::vector<int>(kThreads, kUnits));
}

TEST_CASE("who is about to write into a full log waits until it was consumed, or can not be") {
  WriteLog log(1000);
  const std::string value(2000, 'v');
  const Bytes words[] = {"SET", "k", value};
  log.append(0, words);
  REQUIRE(log.full());
  {
    std::thread writer([&] { log.wait_for_room(); });
    take_bytes(log);
    writer.join();
  }
  CHECK_FALSE(log.full());
  log.append(0, words);
  std::thread writer([&] { log.wait_for_room(); });
  log.set_failing(true);
  writer.join();
}

TEST_CASE(
    "B44 who may not show what is not safe waits until it is, and is told when it can not be") {
  WriteLog log(SIZE_MAX);
  log.set_fenced(true);
  const Bytes words[] = {"SET", "k", "v"};
  const uint64_t end = log.append(0, words);
  CHECK_FALSE(log.is_safe(end));
  bool safe = false;
  std::thread reader([&] { safe = log.wait_until_safe(end); });
  log.set_safe(end);
  reader.join();
  CHECK(safe);
  const uint64_t further = log.append(0, words);
  std::thread second([&] { safe = log.wait_until_safe(further); });
  log.set_failing(true);
  second.join();
  CHECK_FALSE(safe);
}

TEST_CASE("a stream that begins anew names its database again") {
  MemoryLog log;
  const Bytes words[] = {"SET", "k", "v"};
  log.append(0, words);
  const uint64_t position = log.begin_anew();
  CHECK(position == log.end());
  CHECK(take_bytes(log).size() == position);
  log.append(0, words);
  CHECK(take_bytes(log).starts_with("*2\r\n$6\r\nSELECT"));
}

TEST_CASE("moments are told in front of units of another second, also of those that are large") {
  MemoryLog log;
  Clock clock;
  clock.freeze(int64_t{1'000'000'000} * 1'000'000);
  log.set_clock(&clock);
  const Bytes words[] = {"DEL", "a"};
  const std::string del = "*2\r\n$3\r\nDEL\r\n$1\r\na\r\n";
  const std::string select = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
  log.append(0, words);
  log.append(0, words);
  clock.advance(1'000'000);
  Unit large;
  push(large, 0, {"SET", "k", std::string(3 * Unit::kSmallMax, 'x')});
  REQUIRE(large.is_a_chunk());
  log.append(large);
  log.append(0, words);
  clock.advance(1'000'000);
  const uint64_t end = log.append(0, words);
  log.set_clock(nullptr);
  clock.advance(1'000'000);
  log.append(0, words);
  const std::string text = take_bytes(log);
  CHECK(text.starts_with("#TS:1000000000\r\n" + select + del + del + "#TS:1000000001\r\n*3\r\n"));
  CHECK(text.ends_with("x\r\n" + del + "#TS:1000000002\r\n" + del + del));
  CHECK(end == text.size() - del.size());
  CHECK(log.end() == text.size());
}

// As a consumer does that takes whole units: some, and behind these more, before any are consumed.
TEST_CASE("B28 what is taken as whole units ends where one does, whatever chunks they lie in") {
  for (const size_t size : {30, 3000, 70'000, 300'000, 700'000}) {
    MemoryLog log;
    std::vector<uint64_t> ends;
    const std::string value(size, 'v');
    for (size_t i = 0; i < 4'000'000 / size + 3 && i < 30'000; ++i) {
      const Bytes words[] = {"SET", "key", value};
      if (i % 3 == 0) {
        Unit unit;
        push(unit, 0, {"SET", "k", value});
        push(unit, 0, {"SET", "l", value});
        ends.push_back(log.append(unit));
      } else if (size > Unit::kSmallMax) {
        Unit unit;
        push(unit, 0, {"SET", "k", value});
        ends.push_back(log.append(unit));
      } else {
        ends.push_back(log.append(0, words));
      }
    }
    constexpr uint64_t kMost = 256 << 10;
    uint64_t ahead = 0, groups = 0;
    while (log.consumed() + ahead != log.end()) {
      iovec pieces[64];
      uint64_t whole = 0;
      const size_t count = log.peek_units(pieces, ahead, kMost, whole);
      REQUIRE(whole != 0);
      uint64_t bytes = 0;
      for (size_t i = 0; i < count; ++i) bytes += pieces[i].iov_len;
      REQUIRE(bytes >= whole);
      const uint64_t begin = log.consumed() + ahead;
      REQUIRE(std::binary_search(ends.begin(), ends.end(), begin + whole));
      CHECK(whole <= 2 * kMost + 2 * size);
      ahead += whole;
      if (++groups % 3 == 0) log.consume(std::exchange(ahead, 0));
      if (groups % 5 == 0) {
        const Bytes words[] = {"SET", "key", "later"};
        ends.push_back(log.append(0, words));
        if (groups > 60) break;
      }
    }
    CHECK(groups > 1);
  }
}
