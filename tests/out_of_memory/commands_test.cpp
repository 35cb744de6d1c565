// A command that finds no memory: the instance lives, and holds what it held before, or all that
// the command makes of it; and what the log has says the same.
//
// Each allocation fails in turn; under a sanitizer, where each attempt takes a hundred times as
// long, some of them, drawn from KEVY_SEED. KEVY_ONLY is a part of the cases to run, and
// KEVY_SHOW_WHERE shows which allocation failed.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/random.h"
#include "cases.h"
#include "engine.h"

using namespace kevy;
using namespace kevy::test;

namespace {

using Door = Engine::Door;
using Kind = Engine::Outcome::Kind;

struct Case {
  explicit Case(const char* text) : commands(commands_of(text)) {
    last = std::move(commands.back());
    commands.pop_back();
  }
  std::vector<Words> commands;
  Words last;

  bool by_chance() const { return last[0] == "SPOP" || is_exec_with("SPOP"); }
  bool is_exec_with(const std::string& verb) const {
    if (last[0] != "EXEC") return false;
    for (const Words& command : commands) {
      if (command[0] == verb) return true;
    }
    return false;
  }
  /// Those that do one thing after another, and may have done the first ones. What they did is then
  /// what the log says, which check_log sees to.
  bool in_parts() const { return last[0] == "EXEC" || last[0] == "ZADD" || last[0] == "GEOADD"; }
};

std::unique_ptr<Engine> prepared(const Case& tried, Door door) {
  std::vector<Words> all = tried.commands;
  all.push_back(tried.last);
  auto engine = engine_with_keys_of(all, door);
  for (const Words& command : tried.commands) {
    if (command[0] == "LATER") {  // no command: so many milliseconds pass
      engine->runtime().clock().advance(std::stoll(command[1]) * 1'000);
    } else {
      engine->run(command);
    }
  }
  engine->log().take();
  return engine;
}

/// The difference between two contents in few words.
std::string difference(const Contents& a, const Contents& b) {
  std::string text;
  for (const auto& [key, value] : a) {
    const auto other = b.find(key);
    if (other == b.end())
      text += " -" + key;
    else if (other->second != value)
      text += " ~" + key + "(" + value.substr(0, 30) + "|" + other->second.substr(0, 30) + ")";
  }
  for (const auto& [key, value] : b) {
    if (!a.contains(key)) text += " +" + key;
  }
  return text.substr(0, 400);
}

size_t tried_allocations = 0;  // of both doors

// What is wrong after allocation `number` has failed; nothing when the command ran through.
class Attempt {
 public:
  Attempt(const Case& tried, Door door, const Contents& before, const Contents& after)
      : case_(tried), door_(door), before_(before), after_(after) {}

  /// False when the command takes fewer allocations than `number`.
  bool run(Engine::Injection injection) {
    auto engine = prepared(case_, door_);
    const std::string state_before = engine->session_state();
    const auto outcome = engine->run(case_.last, injection);
    if (!outcome.failed) return false;
    ++tried_allocations;
    const Contents now = engine->contents();
    wrong_.clear();
    if (const std::string lost = engine->not_found(); !lost.empty()) wrong("not found: " + lost);
    const std::vector<LoggedUnit> logged = engine->log().take();
    check_data(now, outcome, logged);
    check_log(now, logged);
    if (outcome.kind == Kind::kAnswered && door_ == Door::kProtocol && outcome.reply.empty()) {
      wrong("no reply");
    }
    check_usable(*engine);
    if (!wrong_.empty()) {
      const std::string where = where_memory_ran_out();
      CAPTURE(wrong_, injection.number, injection.how == Failing::kOnce, door_ == Door::kTree);
      CAPTURE(std::getenv("KEVY_SHOW_WHERE") != nullptr ? where : std::string());
      CHECK(wrong_.empty());
    }
    return true;
  }

 private:
  void wrong(const std::string& text) { wrong_ += text + "; "; }

  void check_data(const Contents& now, const Engine::Outcome& outcome,
                  const std::vector<LoggedUnit>& logged) {
    if (case_.by_chance()) return;
    if (outcome.kind == Kind::kAnswered && case_.last[0] != "EXEC") {
      if (now != after_) wrong("answered, but:" + difference(after_, now));
    } else if (now != before_ && now != after_ && !(case_.in_parts() && !logged.empty())) {
      wrong("neither before nor after:" + difference(before_, now));
    }
  }
  void check_log(const Contents& now, const std::vector<LoggedUnit>& logged) {
    if (logged.empty()) {
      if (now != before_) wrong("not logged:" + difference(before_, now));
      return;
    }
    auto copy = prepared(case_, Door::kTree);
    copy->runtime().set_log(nullptr);
    copy->forget_transaction();
    copy->replay(logged);
    if (copy->contents() != now) wrong("log differs:" + difference(now, copy->contents()));
  }
  void check_usable(Engine& engine) {
    engine.run({"SET", "usable", "yes"});
    engine.run({"DISCARD"});
    engine.run({"RPUSH", "lb", "usable"});
    if (const std::string lost = engine.not_found(); !lost.empty()) wrong("later: " + lost);
    const size_t left = engine.memory_when_empty();
    if (left > 12 * 2 * 4096) wrong(std::to_string(left) + " bytes of nothing");
    engine.run({"FLUSHALL"});
    engine.run({"SET", "usable", "again"});
  }

  const Case& case_;
  const Door door_;
  const Contents& before_;
  const Contents& after_;
  std::string wrong_;
};

#ifdef KEVY_SANITIZED
constexpr size_t kOneOf = 8, kTriedAtLeast = 1'000;
#else
constexpr size_t kOneOf = 1, kTriedAtLeast = 12'000;
#endif

uint64_t seed() {
  const char* const text = std::getenv("KEVY_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

Random& draw() {
  static Random random(seed());
  return random;
}

size_t first_to_fail() { return draw().below(kOneOf); }
// Each one at first; of long replies, which take very many, some.
size_t step_from(size_t number) { return 1 + number / 32 + draw().below(2 * kOneOf - 1); }

void fail_each_allocation(const Case& tried, Door door) {
  Contents before, after;
  {
    auto engine = prepared(tried, door);
    before = engine->contents();
    engine->run(tried.last);
    after = engine->contents();
  }
  Attempt attempt(tried, door, before, after);
  for (const Failing how : {Failing::kOnce, Failing::kFromThenOn}) {
    for (size_t number = first_to_fail(); attempt.run({number, how}); number += step_from(number)) {
      if (number > 50'000) FAIL("the command takes allocations without an end");
    }
  }
}

std::string in_capitals(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

}  // namespace

TEST_CASE("B41 whichever allocation of a command fails, the data is as before or after it") {
  const Door door = GENERATE(Door::kTree, Door::kProtocol);
  const char* const only = std::getenv("KEVY_ONLY");
  for (const char* text : command_cases()) {
    if (only != nullptr && std::string(text).find(only) == std::string::npos) continue;
    INFO(text);
    fail_each_allocation(Case(text), door);
  }
  std::printf("%zu commands, %zu allocations failed, KEVY_SEED=%llu\n", command_cases().size(),
              tried_allocations, static_cast<unsigned long long>(seed()));
  if (only == nullptr && door == Door::kProtocol) CHECK(tried_allocations > kTriedAtLeast);
}

TEST_CASE("every command of the table has a case") {
  std::set<std::string> tried;
  for (const char* text : command_cases()) {
    const Words last = Case(text).last;
    tried.insert(in_capitals(last[0]));
    if (last.size() > 1) tried.insert(in_capitals(last[0] + ' ' + last[1]));
  }
  Engine engine(Door::kTree);
  size_t rows = 0;
  const auto need = [&](const std::string& name) {
    ++rows;
    INFO("add a line to tests/out_of_memory/cases.cpp for " << name);
    CHECK(tried.contains(name));
  };
  for (const CommandRow* row : engine.runtime().table().rows()) {
    const std::string name = in_capitals(std::string(row->name));
    if (row->handler != nullptr) need(name);
    for (const CommandRow& sub : row->subcommands) {
      need(name + ' ' + in_capitals(std::string(sub.name)));
    }
  }
  CHECK(rows >= 180);
}
