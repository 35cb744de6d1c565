// How long a session that has much to do keeps a shard to itself.
#include "runtime/dispatch/turn.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "resp/reply_tree.h"
#include "runtime/dispatch/call.h"
#include "runtime/session/protocol_session.h"
#include "waiting_thread.h"

using namespace kevy;
using namespace kevy::test;

namespace {

// Between the handlers of one test.
WaitingThread* waiter = nullptr;
std::atomic<int> lingered{0};
std::atomic<int> lingered_before{0};

// A long command: it lasts until who waits for the shard can do nothing but sleep, and has for long.
void linger(Call& call) {
  ++lingered;
  const int64_t ends = Clock::monotonic_us() + 2'000;
  while (Clock::monotonic_us() < ends || !waiter->settled()) std::this_thread::yield();
  call.reply.ok();
}

void pass(Call& call) {
  lingered_before = lingered.load();
  waiter->pass();
  call.reply.ok();
}

void take(Call& call) { call.reply.ok(); }

constexpr KeySpec kFirst[] = {{.first = 1, .last = 1}};
constexpr KeySpec kAll[] = {{.first = 1, .last = -1}};
constexpr CommandRow kRows[] = {
    {.name = "linger", .arity = 2, .flags = kReadonly, .keys = kFirst, .handler = linger},
    {.name = "lingerall", .arity = -2, .flags = kReadonly, .keys = kAll, .handler = linger},
    {.name = "take", .arity = -2, .flags = kReadonly, .keys = kAll, .handler = take},
    {.name = "pass", .arity = 2, .flags = kReadonly, .keys = kFirst, .handler = pass},
};
constexpr std::span<const CommandRow> kFamilies[] = {kRows};

// How many commands of a pipeline of sixteen are run before another's, who comes during the first.
int lingering_before_another(const std::string& command) {
  const OnOneCore one_core;
  const CommandTable table(kFamilies);
  Settings settings;
  Runtime runtime(table, {.shards = 4, .databases = 1}, settings);
  ProtocolSession session(runtime, Session::Door::kInProcess);
  for (int i = 0; i < 16; ++i) session.input().append(command);
  lingered = 0;
  WaitingThread thread;
  waiter = &thread;
  thread.start([&] {
    while (lingered == 0) std::this_thread::yield();
    const Bytes words[] = {"pass", "a"};
    ReplyTree reply(2);
    Turn turn(runtime);
    runtime.execute(turn, runtime.stateless(), words, reply);
  });
  session.run({.commands = 100, .output_bytes = 1 << 20, .unread_bytes = 1 << 20});
  thread.join();
  CHECK(lingered == 16);
  return lingered_before;
}

}  // namespace

TEST_CASE("a turn over a shard ends with the long command during which another came to wait") {
  // The first, and the one that takes the lock while the other is woken.
  CHECK(lingering_before_another("*2\r\n$6\r\nlinger\r\n$1\r\na\r\n") <= 2);
}

TEST_CASE("a turn over several shards ends with the long command during which another came to wait") {
  CHECK(lingering_before_another("*5\r\n$9\r\nlingerall\r\n$1\r\na\r\n$1\r\nb\r\n"
                                 "$1\r\nc\r\n$1\r\nd\r\n") <= 2);
}

TEST_CASE("sessions that are run in one turn and need the same shards take them once") {
  constexpr ProtocolSession::Budget kBudget{100, 1 << 20, 1 << 20};
  const CommandTable table(kFamilies);
  Settings settings;
  Runtime runtime(table, {.shards = 4, .databases = 1}, settings);
  ProtocolSession first(runtime, Session::Door::kInProcess);
  ProtocolSession second(runtime, Session::Door::kInProcess);
  const std::string command = "*3\r\n$4\r\ntake\r\n$1\r\na\r\n$1\r\nb\r\n";
  Turn turn(runtime);
  first.input().append(command + command);
  first.run(turn, kBudget);
  CHECK(turn.holds_any());
  second.input().append(command);
  second.run(turn, kBudget);
  CHECK(turn.holds_any());

  // What is still to come may take long.
  first.input().append(command + command.substr(0, 20));
  first.run(turn, kBudget);
  CHECK_FALSE(turn.holds_any());
}
