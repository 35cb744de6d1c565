// A view of one moment shows what there was then, whatever is changed while it is walked: compared
// with what the keyspaces had when it was opened, and with what the write log says up to there.
#include "persist/snapshot/moment_view.h"

#include <functional>
#include <set>

#include "command/string/fast_lane.h"
#include "command/string/value.h"
#include "runtime/dispatch/load_time.h"
#include "runtime/replay.h"
#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "store/stream/stream.h"
#include "unit/store/big_images.h"

using namespace kevy;
using namespace kevy::test;

namespace {

constexpr size_t kBig = 10;  // elements, from which on a collection is walked in steps

using Texts = std::map<std::string, std::string>;  // by database and key

std::string quoted(Bytes bytes) { return '"' + std::string(bytes) + '"'; }

std::string text_of(StreamId id) { return std::to_string(id.ms) + '-' + std::to_string(id.seq); }

std::string text_of(const StreamEntry& entry) {
  std::string text = '\n' + text_of(entry.id);
  entry.for_each_field(
      [&](Bytes name, Bytes value) { text += ' ' + quoted(name) + quoted(value); });
  return text;
}

std::string entries_of(const StreamObject& stream) {
  std::string text;
  for (StreamCursor at(stream, {}, StreamId::max(), StreamCursor::Way::kUp); at; at.next()) {
    text += text_of(at.entry());
  }
  return text;
}

std::string entries_of(const StreamChunk& chunk) {
  std::string text;
  for (uint32_t at = chunk.first(); at != StreamChunk::kNowhere; at = chunk.next(at)) {
    text += text_of(chunk.read(at));
  }
  return text;
}

// `times`: when consumers were last seen, which no log tells.
std::string text_of(const StreamObject& stream, const std::string& entries, bool times) {
  const StreamObject::Counts& counts = stream.counts();
  std::string text = std::to_string(counts.length) + ' ' + std::to_string(counts.entries_added) +
                     ' ' + text_of(counts.last_id) + ' ' + text_of(counts.max_deleted_id) + entries;
  std::set<std::string> groups;
  stream.for_each_group([&](const StreamGroup& group) {
    std::string one = quoted(group.key()) + text_of(group.last_id);
    for (auto at = group.pending().first(); at; at.next()) {
      const StreamPending& pending = at.value();
      one += '\n' + text_of(at.id()) + ' ' + std::to_string(pending.delivered_ms) + ' ' +
             std::to_string(pending.deliveries) +
             (pending.owner == nullptr ? "" : quoted(pending.owner->key()));
    }
    std::set<std::string> consumers;
    group.for_each_consumer([&](const StreamConsumer& consumer) {
      consumers.insert(quoted(consumer.key()) + std::to_string(consumer.pending.size()) +
                       (times ? '@' + std::to_string(consumer.seen_ms) : ""));
    });
    for (const std::string& consumer : consumers) one += consumer;
    groups.insert(one);
  });
  for (const std::string& group : groups) text += '\n' + group;
  return text;
}

std::string head_of(const Entry& entry) {
  return std::to_string(static_cast<int>(entry.type())) + '@' +
         std::to_string(entry.expires_at_ms());
}

std::string text_of(const Entry& entry, bool times) {
  std::string text = head_of(entry);
  std::set<std::string> unordered;
  switch (entry.type()) {
    case Type::kString:
      text += StringText(&entry).bytes();
      break;
    case Type::kList:
      List(&entry).for_each([&](Bytes element) {
        text += quoted(element);
        return Walk::kGoOn;
      });
      break;
    case Type::kSet:
      Set(&entry).for_each([&](Bytes member) {
        unordered.insert(quoted(member));
        return Walk::kGoOn;
      });
      break;
    case Type::kZset:
      SortedSet(&entry).for_each([&](Bytes member, double score) {
        text += quoted(member) + std::to_string(score);
        return Walk::kGoOn;
      });
      break;
    case Type::kHash:
      Hash(&entry).for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
        unordered.insert(quoted(field) + quoted(value) + std::to_string(expires_at_ms));
      });
      break;
    case Type::kStream:
      text += text_of(stream_of(entry), entries_of(stream_of(entry)), times);
      break;
  }
  for (const std::string& one : unordered) text += one;
  return text;
}

std::string name_of(size_t database, const Entry& entry) {
  return std::to_string(database) + ':' + std::string(entry.key());
}

// Of a runtime whose shards are held.
Texts texts_of(Runtime& runtime, bool times) {
  Texts texts;
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    runtime.shard(i).databases.for_each([&](size_t database, const Keyspace& keyspace) {
      keyspace.for_each([&](const Entry& entry) {
        texts.emplace(name_of(database, entry), text_of(entry, times));
        return Walk::kGoOn;
      });
    });
  }
  return texts;
}

std::unique_ptr<Instance> start_with(uint32_t shards) {
  InstanceOptions options;
  options.shards = shards;
  for (const char* const limit :
       {"hash-max-listpack-entries", "set-max-intset-entries", "set-max-listpack-entries",
        "zset-max-listpack-entries", "list-max-listpack-size", "stream-node-max-entries"}) {
    options.directives.emplace_back(limit, "6");
  }
  return std::move(*Instance::start(options));
}

void hold_all(Turn& turn) {
  ShardSet every;
  every.add_all();
  turn.hold(every);
}

/// Commands of all kinds: of strings by the hundred, whose number goes up and down, and of a few keys
/// of each other type, some of them large and some small.
class Program {
 public:
  explicit Program(uint64_t seed) : random_(seed) {}

  Words next() {
    if (steps_++ % 700 == 0) grows_ = !grows_;
    if (below(3) == 0) return of_many();
    switch (below(9)) {
      case 0:
        return pick(strings());
      case 1:
        return pick(lists());
      case 2:
        return pick(sets());
      case 3:
        return pick(sorted_sets());
      case 4:
        return pick(hashes());
      case 5:
        return pick(streams());
      case 6:
        return below(3) != 0 ? pick(strings()) : pick(rare());
      default:
        return pick(keys());
    }
  }
  uint64_t below(uint64_t limit) { return random_.below(limit); }
  std::string number(uint64_t limit) { return std::to_string(below(limit)); }

 private:
  using Choices = std::vector<Words>;

  Words pick(const Choices& choices) { return choices[below(choices.size())]; }
  std::string key(char type) { return type + number(5); }
  std::string any() { return key("slSzhx"[below(6)]); }
  std::string many() { return "many" + number(900); }
  std::string moment() { return std::to_string(1 + below(9)); }
  std::string text() {
    if (below(3) == 0) return number(1000);
    return std::string(below(below(8) == 0 ? 500 : 40), static_cast<char>('a' + below(26)));
  }

  Words of_many() {
    if (!grows_ && below(4) != 0) return {"DEL", many(), many(), many()};
    return pick({{"SET", many(), text()},
                 {"SET", many(), text(), "PX", moment() + "000"},
                 {"MSET", many(), text(), many(), text(), many(), text()},
                 {"INCR", many()},
                 {"APPEND", many(), text()},
                 {"SETRANGE", many(), number(300), text()},
                 {"RENAME", many(), many()}});
  }
  Choices strings() {
    return {{"SET", key('s'), text()},
            {"SET", key('s'), std::string(300 + below(100), 'x')},
            {"SET", key('s'), number(100)},
            {"GETSET", key('s'), text()},
            {"SETEX", key('s'), moment(), text()},
            {"SET", key('s'), text(), "KEEPTTL"},
            {"APPEND", key('s'), text()},
            {"APPEND", key('s'), text()},
            {"SETRANGE", key('s'), number(600), text()},
            {"INCRBY", key('s'), number(100)},
            {"INCRBYFLOAT", key('s'), "0.5"},
            {"SETBIT", key('s'), number(5000), number(2)},
            {"BITFIELD", key('s'), "SET", "u8", number(99), number(200)},
            {"BITOP", "XOR", key('s'), key('s'), key('s')},
            {"MSETNX", key('s'), text(), many(), text()},
            {"GETDEL", key('s')},
            {"GETEX", key('s'), "EX", moment()},
            {"PFADD", "pf" + number(2), text(), text()},
            {"PFMERGE", "pf0", "pf1"},
            {"GET", key('s')}};
  }
  Choices lists() {
    return {{"RPUSH", key('l'), text()},
            {"LPUSH", key('l'), text(), text(), text(), text(), text()},
            {"RPUSH", key('l'), text(), text(), text(), text()},
            {"LPOP", key('l')},
            {"RPOP", key('l'), "3"},
            {"LINSERT", key('l'), "BEFORE", number(100), text()},
            {"LSET", key('l'), number(9), text()},
            {"LREM", key('l'), "0", number(100)},
            {"LTRIM", key('l'), number(4), "-2"},
            {"LMOVE", key('l'), key('l'), "LEFT", "RIGHT"},
            {"RPOPLPUSH", key('l'), key('l')},
            {"SORT", key('l'), "ALPHA", "STORE", key('l')},
            {"LMPOP", "2", key('l'), key('l'), "RIGHT", "COUNT", "4"}};
  }
  Choices sets() {
    return {{"SADD", key('S'), number(50)},
            {"SADD", key('S'), number(50), number(500), text()},
            {"SREM", key('S'), number(50), number(50)},
            {"SPOP", key('S')},
            {"SPOP", key('S'), number(9)},
            {"SMOVE", key('S'), key('S'), number(50)},
            {"SUNIONSTORE", key('S'), key('S'), key('S')},
            {"SDIFFSTORE", key('S'), key('S'), key('S')}};
  }
  Choices sorted_sets() {
    return {{"ZADD", key('z'), number(50), number(50)},
            {"ZADD", key('z'), number(50), text(), number(50), text(), number(50), text()},
            {"ZINCRBY", key('z'), number(50), number(50)},
            {"ZREM", key('z'), number(50), number(50)},
            {"ZPOPMIN", key('z'), number(3)},
            {"ZREMRANGEBYRANK", key('z'), "0", number(3)},
            {"ZREMRANGEBYSCORE", key('z'), "0", number(9)},
            {"ZUNIONSTORE", key('z'), "2", key('z'), key('z')},
            {"ZRANGESTORE", key('z'), key('z'), "0", number(9)},
            {"GEOADD", key('z'), "13.3", "38.1", number(50)}};
  }
  Choices hashes() {
    return {{"HSET", key('h'), number(30), text()},
            {"HSET", key('h'), number(30), text(), number(30), text(), number(30), text()},
            {"HINCRBY", key('h'), "n" + number(9), number(30)},
            {"HINCRBYFLOAT", key('h'), "f" + number(3), "0.25"},
            {"HDEL", key('h'), number(30), number(30)},
            {"HEXPIRE", key('h'), moment(), "FIELDS", "2", number(30), number(30)},
            {"HPERSIST", key('h'), "FIELDS", "1", number(30)},
            {"HGETDEL", key('h'), "FIELDS", "1", number(30)},
            {"HSETEX", key('h'), "EX", moment(), "FIELDS", "1", number(30), text()},
            {"HGETALL", key('h')}};
  }
  Choices streams() {
    const std::string id = "1700000000" + std::to_string(100 + below(200)) + "-0";
    return {{"XADD", key('x'), "*", "f", text()},
            {"XADD", key('x'), "*", "f", text(), "g", text()},
            {"XADD", key('x'), "MAXLEN", "~", "20", "*", "f", text()},
            {"XDEL", key('x'), id},
            {"XTRIM", key('x'), "MAXLEN", number(30)},
            {"XGROUP", "CREATE", key('x'), "g" + number(2), "0"},
            {"XGROUP", "CREATECONSUMER", key('x'), "g0", "c" + number(3)},
            {"XGROUP", "SETID", key('x'), "g0", "$"},
            {"XGROUP", "DELCONSUMER", key('x'), "g0", "c0"},
            {"XREADGROUP", "GROUP", "g" + number(2), "c" + number(3), "COUNT", "3", "STREAMS",
             key('x'), ">"},
            {"XAUTOCLAIM", key('x'), "g0", "c" + number(3), "0", "0", "COUNT", "2"},
            {"XACK", key('x'), "g0", id},
            {"XDELEX", key('x'), "DELREF", "IDS", "1", id},
            {"XSETID", key('x'), "1900000000000-0"},
            {"XADD", key('x'), id, "f", text()},
            {"XSETID", key('x'), id}};
  }
  Choices keys() {
    return {{"DEL", any()},
            {"EXPIRE", any(), moment()},
            {"PEXPIRE", any(), moment() + "00"},
            {"PERSIST", any()},
            {"RENAME", any(), any()},
            {"COPY", any(), any(), "REPLACE"},
            {"COPY", any(), any(), "DB", number(3)},
            {"MOVE", any(), number(3)},
            {"SELECT", number(3)},
            {"MULTI"},
            {"EXEC"},
            {"GETEX", any(), "PERSIST"},
            {"OBJECT", "FREQ", any()},
            {"EXISTS", any(), any()}};
  }
  Choices rare() {
    return {{"SWAPDB", "0", "1"},
            {"SWAPDB", number(3), "2"},
            {below(3) == 0 ? "FLUSHDB" : "DBSIZE"},
            {below(8) == 0 ? "FLUSHALL" : "DBSIZE"},
            {"EVAL", "redis.call('APPEND', KEYS[1], 'lua') redis.call('RPUSH', 'l1', KEYS[1])", "1",
             key('s')}};
  }

  Random random_;
  uint64_t steps_ = 0;
  bool grows_ = false;
};

void run_some(Engine& engine, Program& program, uint64_t commands) {
  Runtime& runtime = engine.instance->runtime();
  for (uint64_t i = 0; i < commands; ++i) {
    engine.run(program.next());
    if (program.below(20) == 0) {
      const std::string name = "many" + program.number(900);
      const Key key{name, runtime.hash(name)};
      Shard& shard = runtime.shard_of(key);
      Turn turn(runtime);
      turn.hold(shard);
      FastLane(turn, key, shard).set(program.number(100000), 0);
    }
    if (program.below(100) == 0) {
      runtime.clock().advance(600'000);
      const auto shard = static_cast<uint32_t>(program.below(runtime.shard_count()));
      runtime.expire_some(shard, 20);
      runtime.expire_some_fields(shard, 20);
    }
  }
}

void check_same(const Texts& shown, const Texts& expected) {
  for (const auto& [key, value] : expected) {
    const auto found = shown.find(key);
    INFO(key);
    CHECK((found == shown.end() ? "(missing)" : found->second) == value);
  }
  for (const auto& [key, value] : shown) {
    INFO(key);
    CHECK(expected.count(key) == 1);
  }
}

/// The texts of the elements of a big one, walked a few buckets at a time.
std::string walk(BigOnes& found, Program& program, const std::function<void()>& between) {
  const Entry& entry = found.entry();
  std::set<std::string> unordered;
  std::set<std::pair<double, std::string>> ordered;
  std::string listed;
  ElementImages images;
  size_t count = 0;
  for (bool more = true; more; images.clear()) {
    more = found.step(images, program.below(3)) == BigOnes::Step::kMore;
    count += count_of(entry, images);
    if (entry.type() == Type::kStream) {
      images.for_each<StreamChunk>(
          [&](const StreamChunk& chunk, int64_t) { listed += entries_of(chunk); });
      between();
      continue;
    }
    for_each_element(
        entry, images, [&](Bytes element) { listed += quoted(element); },
        [&](Bytes member) { unordered.insert(quoted(member)); },
        [&](Bytes member, double score) {
          ordered.emplace(score, quoted(member) + std::to_string(score));
        },
        [&](Bytes field, Bytes value, int64_t expires_at_ms) {
          unordered.insert(quoted(field) + quoted(value) + std::to_string(expires_at_ms));
        });
    between();
  }
  CHECK(count == found.size());
  if (entry.type() == Type::kStream) {
    return head_of(entry) + text_of(stream_of(entry), listed, true);
  }
  std::string text = head_of(entry) + listed;
  for (const std::string& one : unordered) text += one;
  for (const auto& [score, one] : ordered) text += one;
  return text;
}

/// Walks a view, a few buckets of any part at a time, with what `between` does in between.
Texts walk(MomentView& view, Program& program, const std::function<void()>& between) {
  Texts shown;
  EntryImages images;
  for (size_t left = view.parts().size(); left != 0;) {
    MomentView::Part& part = view.parts()[program.below(view.parts().size())];
    if (part.view == nullptr) continue;
    BigOnes found = view.step(part, images, program.below(3));
    while (found.next()) {
      const std::string name = name_of(part.database, found.entry());
      const std::string text = walk(found, program, between);
      INFO(name);
      CHECK(shown.emplace(name, text).second);
    }
    images.for_each([&](const Entry& entry) {
      const bool first = shown.emplace(name_of(part.database, entry), text_of(entry, true)).second;
      INFO(entry.key());
      CHECK(first);
    });
    images.clear();
    if (part.view == nullptr) --left;
    between();
  }
  CHECK_FALSE(view.failed());
  return shown;
}

}  // namespace

TEST_CASE("a view shows the moment that it was opened in, whatever is changed during its walk") {
  const uint32_t shards = GENERATE(1u, 2u, 8u);
  const uint64_t seed = GENERATE(1u, 2u, 3u);
  INFO("shards " << shards << " seed " << seed);
  Program program(seed);
  MemoryLog log;
  Engine engine{start_with(shards)}, copy{start_with(shards)};
  Runtime& runtime = engine.instance->runtime();
  constexpr int64_t kStart = 1'700'000'000'000'000;
  runtime.clock().freeze(kStart);
  freeze_before_all(copy.instance->runtime().clock());
  runtime.set_log(&log);
  for (int round = 0; round < 8; ++round) {
    run_some(engine, program, program.below(900));
    MomentView view(runtime, kBig);
    Texts expected, logged;
    size_t units = 0;
    {
      Turn all(runtime);
      hold_all(all);
      expected = texts_of(runtime, true);
      logged = texts_of(runtime, false);
      units = log.units().size();
      view.open(all);
    }
    const uint64_t pace = 1 + program.below(8);
    const Texts shown =
        walk(view, program, [&] { run_some(engine, program, program.below(pace)); });
    check_same(shown, expected);
    if (round != 7) continue;
    for (size_t i = 0; i < units; ++i) {
      for (const Effect& effect : log.units()[i]) {
        copy.run({"SELECT", std::to_string(effect.database)});
        copy.run(effect.args);
      }
    }
    Turn all(copy.instance->runtime());
    hold_all(all);
    check_same(texts_of(copy.instance->runtime(), false), logged);
  }
  runtime.set_log(nullptr);
}

TEST_CASE("two views at a time show a moment each") {
  Program program(7);
  Engine engine{start_with(2)};
  Runtime& runtime = engine.instance->runtime();
  runtime.clock().freeze(1'700'000'000'000'000);
  run_some(engine, program, 3000);
  MomentView first(runtime, kBig), second(runtime, kBig);
  const auto open = [&](MomentView& view) {
    Turn all(runtime);
    hold_all(all);
    view.open(all);
    return texts_of(runtime, true);
  };
  const Texts expected_first = open(first);
  run_some(engine, program, 100);
  const Texts expected_second = open(second);
  const bool flushes = GENERATE(false, true);
  if (flushes) engine.run({"FLUSHALL"});
  check_same(walk(first, program, [&] { run_some(engine, program, 1); }), expected_first);
  first.close();
  check_same(walk(second, program, [&] { run_some(engine, program, 2); }), expected_second);
}

TEST_CASE("a view that is closed early leaves nothing behind") {
  Program program(9);
  Engine engine{start_with(2)};
  Runtime& runtime = engine.instance->runtime();
  run_some(engine, program, 2000);
  MomentView view(runtime, kBig);
  {
    Turn all(runtime);
    hold_all(all);
    view.open(all);
  }
  run_some(engine, program, 300);
  CHECK(view.progress().keys > 10);
  engine.run({"FLUSHALL"});
  view.close();
  run_some(engine, program, 1000);
}
