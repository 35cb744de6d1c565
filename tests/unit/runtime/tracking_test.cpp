// What sessions that keep copies are told of changes, while others make them.
#include "runtime/tracking/tracking.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "resp/discarded_reply.h"
#include "runtime/dispatch/call.h"
#include "runtime/session/protocol_session.h"

using namespace kevy;

namespace {

constexpr size_t kKeys = 8;

// Each guarded by the shard of its key, and named by it: k0, k1, ...
std::array<int64_t, kKeys> values;

size_t number_of(Bytes key) { return static_cast<size_t>(key.back() - '0'); }

void read(Call& call) { call.reply.integer(values[number_of(call.args[1])]); }

void write(Call& call) {
  ++values[number_of(call.args[1])];
  call.changed(call.key(1), kEventGeneric, "write");
  call.reply.ok();
}

void flush(Call& call) {
  for (int64_t& value : values) value = 0;
  call.runtime.tracking().all_changed(call.turn, call.client());
  call.reply.ok();
}

constexpr KeySpec kFirst[] = {{.first = 1, .last = 1}};
constexpr CommandRow kRows[] = {
    {.name = "read", .arity = 2, .flags = kReadonly, .keys = kFirst, .handler = read},
    {.name = "write", .arity = 2, .flags = kWrite, .keys = kFirst, .handler = write},
    {.name = "flush", .arity = 1, .flags = kWrite | kAllShards, .handler = flush},
};
constexpr std::span<const CommandRow> kFamilies[] = {kRows};

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string take_line(std::string& text) {
  const size_t end = text.find("\r\n");
  const std::string line = text.substr(0, end);
  text.erase(0, end + 2);
  return line;
}

/// A session that keeps what it has read until it is told of a change.
class Keeper {
 public:
  Keeper(Runtime& runtime, uint8_t modes) : session_(runtime, Session::Door::kInProcess) {
    session_.session().begin({.protocol = 3, .database = 0, .labels = {}});
    Turn turn(runtime);
    ShardSet all;
    all.add_all();
    turn.hold(all);
    const Bytes any[] = {""};
    const bool broadcast = (modes & SessionTracking::kBroadcast) != 0;
    runtime.tracking().start(turn, session_.session(), modes, 0, broadcast ? Args(any) : Args());
  }

  /// Reads what it has no copy of, and takes what it is told.
  void read_all() {
    for (size_t i = 0; i < kKeys; ++i) {
      if (!copies_.contains(i)) ask("*2\r\n" + bulk("read") + bulk("k" + std::to_string(i)), i);
    }
    ask("", kKeys);
  }
  void write(size_t key) { ask("*2\r\n" + bulk("write") + bulk("k" + std::to_string(key)), kKeys); }
  const std::map<size_t, int64_t>& copies() const { return copies_; }
  size_t told() const { return told_; }

 private:
  void ask(const std::string& request, size_t key) {
    session_.input().append(request);
    while (session_.run({.commands = 100, .output_bytes = 1 << 20, .unread_bytes = 1 << 20})) {
    }
    std::string said;
    iovec piece;
    while (session_.output().gather(&piece, 1) == 1) {
      said.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      session_.output().consume(piece.iov_len);
    }
    while (!said.empty()) {
      const std::string line = take_line(said);
      if (line[0] == ':') copies_[key] = std::stoll(line.substr(1));
      if (line == ">2") take_changed(said);
    }
  }
  void take_changed(std::string& said) {
    ++told_;
    take_line(said), take_line(said);  // "invalidate"
    const std::string count = take_line(said);
    if (count == "_") copies_.clear();
    for (int left = count == "_" ? 0 : std::stoi(count.substr(1)); left > 0; --left) {
      take_line(said);
      copies_.erase(number_of(take_line(said)));
    }
  }

  ProtocolSession session_;
  std::map<size_t, int64_t> copies_;
  size_t told_ = 0;
};

void run(Runtime& runtime, std::vector<Bytes> words) {
  DiscardedReply reply;
  Turn turn(runtime);
  runtime.execute(turn, runtime.stateless(), words, reply);
}

// Everybody reads, writes and flushes at once; when all is over, nobody has an old copy.
void keep_while_others_write(uint8_t modes) {
  constexpr int kRounds = 400;
  const CommandTable table(kFamilies);
  Settings settings;
  Runtime runtime(table, {.shards = 4, .databases = 1}, settings);
  values.fill(0);
  std::vector<std::unique_ptr<Keeper>> keepers;
  for (int i = 0; i < 2; ++i) keepers.push_back(std::make_unique<Keeper>(runtime, modes));
  std::vector<std::thread> threads;
  for (size_t i = 0; i < keepers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (size_t round = 0; round < kRounds; ++round) {
        keepers[i]->read_all();
        if (round % 4 == 0) keepers[i]->write((round + i) % kKeys);
      }
    });
    threads.emplace_back([&, i] {
      for (size_t round = 0; round < kRounds * 4; ++round) {
        const std::string key = "k" + std::to_string((round * 3 + i) % kKeys);
        run(runtime, {"write", key});
        if (round % 400 == 399) run(runtime, {"flush"});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& keeper : keepers) {
    keeper->read_all();  // and takes what it is still to be told
    keeper->read_all();
    CHECK(keeper->told() > 0);
    CHECK(keeper->copies().size() == kKeys);
    for (const auto& [key, value] : keeper->copies()) CHECK(value == values[key]);
  }
  keepers.clear();
  CHECK(runtime.tracking().clients() == 0);
  CHECK(runtime.tracking().prefixes() == 0);
}

}  // namespace

TEST_CASE("whoever has read a key is told of each change behind what it has read") {
  keep_while_others_write(0);
}

TEST_CASE("whoever has asked for all changes is told of each behind what it has read") {
  keep_while_others_write(SessionTracking::kBroadcast);
}

TEST_CASE("no more keys are remembered than is allowed, and those forgotten are told of") {
  const CommandTable table(kFamilies);
  Settings settings;
  settings.tracked_keys_max = 3;
  Runtime runtime(table, {.shards = 1, .databases = 1}, settings);
  Keeper keeper(runtime, 0);
  keeper.read_all();
  CHECK(runtime.tracking().keys() == 3);
  CHECK(runtime.tracking().items() == 3);
  CHECK(keeper.told() == kKeys - 3);
  CHECK(keeper.copies().size() == 3);
  settings.tracked_keys_max = 1;
  runtime.trim_tracking();
  CHECK(runtime.tracking().keys() == 1);
  CHECK(runtime.shard(0).tracked.memory_bytes() != 0);
  run(runtime, {"flush"});
  CHECK(runtime.tracking().keys() == 0);
  CHECK(runtime.shard(0).interested == 0);
}
