#include "engine.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <set>

#include "base/number.h"
#include "command/string/value.h"
#include "failing_memory.h"
#include "persist/rdb/payload.h"
#include "resp/reply_tree.h"
#include "store/hash/hash.h"
#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "store/stream/stream.h"

namespace kevy::test {

namespace {

constexpr int64_t kNowUs = 1'700'000'000'000'000;

// Limits are low, so that a few elements are already big.
constexpr const char* kSettings =
    "CONFIG SET hash-max-listpack-entries 16 zset-max-listpack-entries 16 "
    "set-max-listpack-entries 16 set-max-intset-entries 16 list-max-listpack-size 16 "
    "list-compress-depth 1 stream-node-max-entries 3 notify-keyspace-events KEA";

constexpr const char* kKeys = R"(
SET int 12; SET short text; SET mid $300; SET big $70000; SET bigttl $70001 EX 1000;
SET shortttl text EX 1000; SET same{big} $70000; SET real 1.5;
HSET hp #0-7; HSET hedge #0-15; HSET hb #0-255; HSET hbig #0-299; HSET hnum n 5 r 1.5; HSET h1 f v;
HSET hbigttl #0-299; EXPIRE hbigttl 1000; HSET hnumbig #0-299 n 5 r 1.5; HSET hlong f $70000 g $70000;
RPUSH lp @0-7; RPUSH lfull @0-15; RPUSH lb @0-399; RPUSH l1 m; RPUSH lbttl @0-399;
EXPIRE lbttl 1000; RPUSH lnum 3 1 2 10 9 8; RPUSH llong $70000 a $70001;
SADD si =0-7; SADD siedge =0-15; SADD sp @0-7; SADD spedge @0-15; SADD sb @0-255; SADD sbig @0-299;
SADD s1 m; SADD sbigttl @0-299; EXPIRE sbigttl 1000; SADD sother @100-399;
ZADD zp %0-7; ZADD zedge %0-15; ZADD zb %0-255; ZADD zbig %0-299; ZADD z1 1 m; ZADD zsame 0 a 0 b 0 c;
ZADD zbigttl %0-299; EXPIRE zbigttl 1000; ZADD zother %100-399;
SET w_1 3; SET w_2 2; SET w_3 1; SET w_8 0; SET w_9 5; SET w_10 4;
SET xshort text PX 1; SET xbig $70000 PX 1; HSET xh #0-299; PEXPIRE xh 1; RPUSH xl @0-299; PEXPIRE xl 1;
HSET ht #0-7; HPEXPIRE ht 100000 FIELDS 3 f1 f2 f3; HSET htbig #0-299;
HPEXPIRE htbig 100000 FIELDS 3 f1 f2 f3; HSET hx #0-7; HPEXPIRE hx 1 FIELDS 2 f1 f2; HSET hxbig #0-299;
HPEXPIRE hxbig 1 FIELDS 3 f1 f2 f3; HPEXPIRE hxbig 100000 FIELDS 1 f4; HSET hxall f v;
HPEXPIRE hxall 1 FIELDS 1 f;
XADD st 1-1 #0-2; XADD st 2-1 #0-2; XADD st 3-1 #0-2; XADD st 4-1 #0-2;
XADD st 5-1 #0-2; XADD st 6-1 #0-2; XADD st 7-1 #0-2; XADD st 8-1 #0-2;
XADD stfull 1-1 f $300; XADD stfull 2-1 f $300; XADD stfull 3-1 f $300; XADD st1 1-1 f v;
XGROUP CREATE st g 0; XREADGROUP GROUP g c COUNT 4 STREAMS st >; XREADGROUP GROUP g d COUNT 1 STREAMS st >;
XGROUP CREATE st a-group-with-a-longer-name 0; XDEL st 2-1; XGROUP CREATE stfull g 0; XADD stx 1-1 f v; PEXPIRE stx 1;
SADD xset @0-299; PEXPIRE xset 1; ZADD xz %0-299; PEXPIRE xz 1;
SELECT 1; SET short other; SET big $80000; HSET hbig #0-299; SELECT 0)";

void append_range(Words& words, char kind, long first, long last) {
  for (long i = first; i <= last; ++i) {
    const std::string number = std::to_string(i);
    if (kind == '#') words.insert(words.end(), {"f" + number, "v" + number});
    if (kind == '%') words.insert(words.end(), {number, "m" + number});
    if (kind == '@') words.push_back("m" + number);
    if (kind == '=') words.push_back(number);
  }
}

bool is_number(std::string_view text, long& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string sorted_text(std::vector<std::string> elements, bool in_order) {
  if (!in_order) std::sort(elements.begin(), elements.end());
  std::string all;
  for (const std::string& element : elements) all += element + '\n';
  return all;
}

std::string text_of(StreamId id) { return std::to_string(id.ms) + '-' + std::to_string(id.seq); }

std::string text_of(const StreamGroup& group) {
  std::string text = std::string(group.key()) + " " + text_of(group.last_id) + " " +
                     std::to_string(group.entries_read);
  for (auto at = group.pending().first(); at; at.next()) {
    text += " " + text_of(at.id()) + "@" + std::to_string(at.value().delivered_ms) + "*" +
            std::to_string(at.value().deliveries);
  }
  std::vector<std::string> consumers;
  group.for_each_consumer([&](const StreamConsumer& consumer) {
    std::string pending;
    for (auto at = consumer.pending.first(); at; at.next()) pending += " " + text_of(at.id());
    consumers.push_back(std::string(consumer.key()) + pending);
  });
  return text + "\n" + sorted_text(std::move(consumers), false);
}

std::string text_of(const StreamObject& stream) {
  const StreamObject::Counts& counts = stream.counts();
  std::vector<std::string> elements = {std::to_string(counts.length) + "/" +
                                       std::to_string(counts.entries_added) + " " +
                                       text_of(counts.first_id) + " " + text_of(counts.last_id) +
                                       " " + text_of(counts.max_deleted_id)};
  StreamCursor at(stream, {}, StreamId::max(), StreamCursor::Way::kUp);
  for (; at; at.next()) {
    std::string entry = text_of(at.entry().id);
    at.entry().for_each_field(
        [&](Bytes name, Bytes value) { entry.append(" ").append(name).append("=").append(value); });
    elements.push_back(std::move(entry));
  }
  std::vector<std::string> groups;
  stream.for_each_group([&](const StreamGroup& group) { groups.push_back(text_of(group)); });
  return sorted_text(std::move(elements), true) + sorted_text(std::move(groups), false);
}

// Without the fields that have expired.
std::string text_of(const Entry& entry, int64_t now_ms) {
  std::vector<std::string> elements;
  switch (entry.type()) {
    case Type::kString:
      return std::string(StringText(&entry).bytes());
    case Type::kHash:
      Hash(&entry).for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
        if (expires_at_ms >= 0 && expires_at_ms <= now_ms) return;
        elements.push_back(std::string(field) + '=' + std::string(value) + '@' +
                           std::to_string(expires_at_ms));
      });
      return "hash " + sorted_text(std::move(elements), false);
    case Type::kList:
      List(&entry).for_each([&](Bytes element) {
        elements.emplace_back(element);
        return Walk::kGoOn;
      });
      return "list " + sorted_text(std::move(elements), true);
    case Type::kSet:
      Set(&entry).for_each([&](Bytes member) {
        elements.emplace_back(member);
        return Walk::kGoOn;
      });
      return "set " + sorted_text(std::move(elements), false);
    case Type::kZset:
      SortedSet(&entry).for_each([&](Bytes member, double score) {
        elements.push_back(std::string(member) + '=' + format_double(score));
        return Walk::kGoOn;
      });
      return "zset " + sorted_text(std::move(elements), true);
    case Type::kStream:
      return "stream " + text_of(stream_of(entry));
    default:
      return "?";
  }
}

// A field or member that is there and cannot be looked up.
std::string not_found_in(const Entry& entry) {
  std::string missing;
  size_t count = 0, size = 0;
  if (entry.type() == Type::kHash) {
    size = Hash(&entry).size();
    Hash(&entry).for_each([&](Bytes field, Bytes) {
      ++count;
      if (!Hash(&entry).find(field)) missing = field;
    });
  } else if (entry.type() == Type::kSet) {
    size = Set(&entry).size();
    Set(&entry).for_each([&](Bytes member) {
      ++count;
      if (!Set(&entry).contains(member)) missing = member;
      return Walk::kGoOn;
    });
  } else if (entry.type() == Type::kZset) {
    size = SortedSet(&entry).size();
    SortedSet(&entry).for_each([&](Bytes member, double) {
      const auto ranked = SortedSet(&entry).rank(member);
      if (!ranked || ranked->rank != count++) missing = member;
      return Walk::kGoOn;
    });
  }
  return count != size ? "a part of " + std::string(entry.key()) : missing;
}

// What an entry should know of when the next of its fields expires.
int64_t next_field_expiry(const Entry& entry) {
  if (!entry.has_field_times()) return Entry::kNoFieldTimes;
  int64_t next = Entry::kNoFieldExpires;
  Hash(&entry).for_each_with_expiry([&](Bytes, Bytes, int64_t expires_at_ms) {
    if (expires_at_ms >= 0) next = std::min(next, expires_at_ms);
  });
  return next;
}

// In ascending order of the database, without making what is not there.
template <typename Visit>
void for_each_keyspace(Runtime& runtime, Visit&& visit) {
  ShardSet every;
  every.add_all();
  Turn turn(runtime);
  turn.hold(every);
  for (size_t database = 0; database < runtime.database_count(); ++database) {
    for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
      if (Keyspace* keyspace = runtime.shard(i).databases.find(database))
        visit(database, *keyspace);
    }
  }
}

std::string request_of(const Words& words) {
  std::string request = '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    request += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return request;
}

}  // namespace

namespace {

constexpr const char* kLibrary =
    "#!lua name=library\nredis.register_function('f', function(keys) return keys end)";

// What DUMP answers of a key as it is in the beginning; or the code of a library, and what FUNCTION DUMP
// answers of several.
std::string payload_of(const std::string& key) {
  if (key == "library") return kLibrary;
  if (key == "libraries") {
    const std::string other = "#!lua name=other\nredis.register_function('g', function() end)";
    return encode_libraries({kLibrary, other + "\n--" + std::string(500, 'x')}, true);
  }
  const Words dump = {"DUMP", key};
  const std::string reply = engine_with_keys_of({dump}, Engine::Door::kProtocol)->run(dump).reply;
  return reply.substr(reply.find('\n') + 1, reply.size() - reply.find('\n') - 3);
}

}  // namespace

Words words_of(std::string_view line) {
  Words words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \n"), line.size()));
    if (line.empty()) return words;
    const std::string_view word = line.substr(0, line.find_first_of(" \n"));
    line.remove_prefix(word.size());
    const size_t dash = word.find('-');
    long first = 0, last = 0;
    if (word[0] == '$' && is_number(word.substr(1), first)) {
      words.emplace_back(static_cast<size_t>(first), 'v');
    } else if (std::string_view("@#%=").find(word[0]) != std::string_view::npos &&
               dash != std::string_view::npos && is_number(word.substr(1, dash - 1), first) &&
               is_number(word.substr(dash + 1), last)) {
      append_range(words, word[0], first, last);
    } else if (word[0] == '&') {
      words.push_back(payload_of(std::string(word.substr(1))));
    } else {
      words.emplace_back(word);
    }
  }
}

std::vector<Words> commands_of(std::string_view lines) {
  std::vector<Words> commands;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find(';'), lines.size());
    commands.push_back(words_of(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return commands;
}

std::vector<LoggedUnit> LogInMemory::take() {
  const EnoughMemory enough;
  std::vector<LoggedUnit> units;
  reader_.read(take_bytes(*this), units);
  if (broken()) throw std::runtime_error("the log is broken");
  return units;
}

Engine::Engine(Door door) : door_(door) {
  InstanceOptions options;
  options.shards = 3;
  options.databases = 4;
  instance_ = std::move(*Instance::start(options));
  runtime().clock().freeze(kNowUs);
  if (door == Door::kProtocol) {
    protocol_ = std::make_unique<ProtocolSession>(runtime(), Session::Door::kInProcess);
    session_ = std::shared_ptr<Session>(std::shared_ptr<Session>(), &protocol_->session());
  } else {
    session_ = runtime().open_session(Session::Door::kInProcess);
  }
}

Engine::~Engine() {
  if (door_ == Door::kTree) runtime().close_session(*session_);
}

void Engine::forget_transaction() {
  Turn all(runtime());
  all.hold_all();
  runtime().forget_watches(session());
  session().transaction = {};
}

Engine::Outcome Engine::run(const Words& words, std::optional<Injection> injection) {
  if (door_ == Door::kProtocol) return run_protocol(request_of(words), injection);
  return run_tree({words.begin(), words.end()}, injection);
}

// As kevy_session_exec does.
Engine::Outcome Engine::run_tree(const std::vector<Bytes>& args,
                                 std::optional<Injection> injection) {
  Outcome outcome;
  if (injection) fail_allocation(injection->number, injection->how);
  try {
    ReplyTree tree(2);
    {
      Turn turn(runtime());
      runtime().execute(turn, *session_, args, tree);
    }
    while (ReplyRoot* root = tree.take()) free_reply(root);
  } catch (const std::bad_alloc&) {
    outcome.kind = Outcome::Kind::kNoMemory;
  }
  outcome.failed = memory_is_back() && injection;
  return outcome;
}

// As a connection does.
Engine::Outcome Engine::run_protocol(const std::string& request,
                                     std::optional<Injection> injection) {
  Outcome outcome;
  protocol_->input().append(request);
  if (injection) fail_allocation(injection->number, injection->how);
  while (protocol_->run({1000, size_t{1} << 30, size_t{1} << 30})) {
  }
  outcome.failed = memory_is_back() && injection;
  OutputQueue& output = protocol_->output();
  for (iovec piece; output.gather(&piece, 1) == 1; output.consume(piece.iov_len)) {
    outcome.reply.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  if (outcome.reply.find("-OOM ") != std::string::npos) outcome.kind = Outcome::Kind::kNoMemory;
  if (protocol_->closing()) outcome.kind = Outcome::Kind::kClosed;
  return outcome;
}

void Engine::replay(const std::vector<LoggedUnit>& units) {
  for (const LoggedUnit& unit : units) {
    for (const Effect& effect : unit) {
      run({"SELECT", std::to_string(effect.database)});
      run(effect.args);
    }
  }
}

Contents Engine::contents() {
  Contents all;
  const int64_t now_ms = runtime().clock().now_us() / 1000;
  for_each_keyspace(runtime(), [&](size_t database, Keyspace& keyspace) {
    keyspace.for_each([&](const Entry& entry) {
      if (entry.expired(now_ms)) return Walk::kGoOn;
      const std::string text = text_of(entry, now_ms);
      if (text != "hash ") {
        all[std::to_string(database) + ':' + std::string(entry.key())] =
            text + '@' + std::to_string(entry.expires_at_ms());
      }
      return Walk::kGoOn;
    });
  });
  return all;
}

std::string Engine::not_found() {
  std::string missing;
  for_each_keyspace(runtime(), [&](size_t, Keyspace& keyspace) {
    size_t count = 0, expiring = 0, with_expiry = 0, expiring_fields = 0, with_field_expiry = 0;
    keyspace.for_each([&](const Entry& entry) {
      ++count;
      if (entry.has_expiry()) ++with_expiry;
      const int64_t next = next_field_expiry(entry);
      if (next >= 0 && next != Entry::kNoFieldExpires) ++with_field_expiry;
      if (entry.fields_expire_at_ms() != next) missing = "a field's expiry";
      const Key key{entry.key(), runtime().hash(entry.key())};
      if (keyspace.find(key) != &entry) missing = entry.key();
      if (const std::string inside = not_found_in(entry); !inside.empty()) missing = inside;
      return Walk::kGoOn;
    });
    uint64_t cursor = 0;
    do {
      cursor = keyspace.scan_expiring(cursor, 1000, [&](Entry&) { ++expiring; });
    } while (cursor != 0);
    do {
      cursor = keyspace.scan_expiring_fields(cursor, 1000, [&](Entry&) { ++expiring_fields; });
    } while (cursor != 0);
    if (count != keyspace.size()) missing = "a key";
    if (expiring != with_expiry) missing = "a key that expires";
    if (expiring_fields != with_field_expiry) {
      missing = std::to_string(with_field_expiry) + " keys with fields that expire, of which " +
                std::to_string(expiring_fields) + " are known";
    }
  });
  return missing;
}

std::string Engine::session_state() const {
  std::string state = "db " + std::to_string(session_->database);
  state += session_->transaction.open ? " open" : "";
  state += " queued " + std::to_string(session_->transaction.queue.size());
  state += " watched " + std::to_string(session_->transaction.watched.size());
  for (const auto& channels : session_->subscriptions) {
    state += " in " + std::to_string(channels.size());
  }
  return state + " name " + session_->labels().name;
}

size_t Engine::memory_when_empty() {
  std::vector<std::pair<size_t, std::string>> names;
  for_each_keyspace(runtime(), [&](size_t database, Keyspace& keyspace) {
    keyspace.for_each([&](const Entry& entry) {
      names.emplace_back(database, std::string(entry.key()));
      return Walk::kGoOn;
    });
  });
  size_t bytes = 0;
  {
    ShardSet every;
    every.add_all();
    Turn turn(runtime());
    turn.hold(every);
    for (const auto& [database, name] : names) {
      const Key key{name, runtime().hash(name)};
      runtime().shard_of(key).keyspace(database).erase(key);
    }
  }
  for_each_keyspace(runtime(),
                    [&](size_t, Keyspace& keyspace) { bytes += keyspace.memory_bytes(); });
  return bytes;
}

std::unique_ptr<Engine> engine_with_keys_of(const std::vector<Words>& commands, Engine::Door door) {
  static const std::set<std::string> kOfDatabases = {"FLUSHALL", "FLUSHDB", "SWAPDB",   "KEYS",
                                                     "SCAN",     "DBSIZE",  "RANDOMKEY"};
  static const std::vector<Words> kCommands = commands_of(kKeys);
  std::set<std::string> named;
  bool all = false;
  for (const Words& command : commands) {
    all |= kOfDatabases.contains(command[0]);
    for (const std::string& word : command) named.insert(word == "w_*" ? "w_1" : word);
  }
  auto engine = std::make_unique<Engine>(door);
  engine->run(words_of(kSettings));
  for (const Words& command : kCommands) {
    const std::string key = command[1].starts_with("w_") ? "w_1" : command[1];
    if (all || command[0] == "SELECT" || named.contains(key)) engine->run(command);
  }
  engine->runtime().clock().advance(2'000);
  engine->runtime().set_log(&engine->log());
  return engine;
}

}  // namespace kevy::test
