// MIGRATE: takes keys to another server, and removes them here.
//
// The command is run twice. First it copies what the keys hold and waits, as one that blocks;
// nothing is held while the other server is talked to (runtime/migration/migration.h). Then it
// removes what has arrived, unless it was changed meanwhile, and answers.
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "command/arguments.h"
#include "command/families.h"
#include "runtime/migration/migration.h"

namespace kevy {

namespace {

constexpr size_t kOptions = 6;  // where they begin
constexpr int64_t kTimeoutDefaultMs = 1000;

/// What the words behind the timeout say.
struct Wishes {
  bool copy = false, replace = false;
  Args login;  // without AUTH or AUTH2
  Args keys;
};

// From which word on all are keys; 0: the key is the third word. None is where there would be both,
// which is an error.
size_t keys_behind(Args args) {
  for (Options options(args, kOptions); !options.done();) {
    if (equals_ignoring_case(options.peek(), "keys")) {
      if (!args[3].empty()) return args.size();
      return options.at() + 1 == args.size() ? 0 : options.at() + 1;
    }
    // What belongs to AUTH or AUTH2, or the word itself.
    int words = options.next_is("auth", 1) || !options.next_is("auth2", 2) ? 1 : 2;
    for (; words != 0; --words) options.value();
  }
  return 0;
}

bool read_wishes(Call& call, Wishes& wishes) {
  wishes.keys = call.args.subspan(3, 1);
  for (Options options(call.args, kOptions); !options.done();) {
    if (options.next_is("copy")) {
      wishes.copy = true;
    } else if (options.next_is("replace")) {
      wishes.replace = true;
    } else if (options.next_is("auth", 1)) {
      wishes.login = call.args.subspan(options.at(), 1);
      options.value();
    } else if (options.next_is("auth2", 2)) {
      wishes.login = call.args.subspan(options.at(), 2);
      options.value();
      options.value();
    } else if (options.next_is("keys")) {
      if (!call.args[3].empty()) {
        call.error(
            "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
        return false;
      }
      wishes.keys = call.args.subspan(options.at());
      return true;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// Which words are secret, and not to be shown.
bool hides_login(Args args, size_t word) {
  for (Options options(args, kOptions); !options.done() && options.at() <= word;) {
    if (options.next_is("auth", 1)) {
      if (options.at() == word) return true;
      options.value();
    } else if (options.next_is("auth2", 2)) {
      if (options.at() == word || options.at() + 1 == word) return true;
      options.value();
      options.value();
    } else if (equals_ignoring_case(options.value(), "keys")) {
      return false;
    }
  }
  return false;
}

// Adds a request in RESP.
void add_request(std::string& requests, std::initializer_list<Bytes> words) {
  char digits[kIntegerTextMax];
  requests.append("*").append(format_int64(static_cast<int64_t>(words.size()), digits));
  for (const Bytes word : words) {
    requests.append("\r\n$").append(format_int64(static_cast<int64_t>(word.size()), digits));
    requests.append("\r\n").append(word);
  }
  requests.append("\r\n");
}

void add_key(Call& call, Migration& migration, const Key& key, const Entry& entry, bool replace) {
  const int64_t expires_at_ms = entry.expires_at_ms();
  const int64_t left_ms =
      entry.has_expiry() ? std::max(expires_at_ms - call.now_ms(), int64_t{1}) : 0;
  const std::string payload = call.runtime.payload()->payload_of(entry);
  char digits[kIntegerTextMax];
  const Bytes left = format_int64(left_ms, digits);
  if (replace) {
    add_request(migration.requests, {"RESTORE", key.bytes, left, payload, "REPLACE"});
  } else {
    add_request(migration.requests, {"RESTORE", key.bytes, left, payload});
  }
  migration.keys.emplace_back(key.bytes, expires_at_ms, migration.requests.size());
}

void add_login(Migration& migration, Args login) {
  if (login.empty()) return;
  if (login.size() == 1) {
    add_request(migration.login, {"AUTH", login[0]});
  } else {
    add_request(migration.login, {"AUTH", login[0], login[1]});
  }
  migration.requests = migration.login;
  ++migration.requests_before_keys;
}

// The number that the word begins with, or 0; nothing where that is below zero.
std::optional<uint16_t> port_of(Bytes text) {
  if (text.starts_with('-')) return std::nullopt;
  const Bytes digits = text.substr(0, text.find_first_not_of("0123456789"));
  return static_cast<uint16_t>(parse_int64(digits).value_or(0));
}

std::shared_ptr<Migration> make_migration(Call& call, const Wishes& wishes, int64_t timeout_ms,
                                          Bytes database, const std::vector<Bytes>& keys) {
  auto migration = std::make_shared<Migration>();
  migration->host = before_nul(call.args[1]);
  migration->port = port_of(call.args[2]);
  migration->timeout_ms = timeout_ms <= 0 ? kTimeoutDefaultMs : timeout_ms;
  migration->copies = wishes.copy;
  migration->database = call.session.database;
  add_login(*migration, wishes.login);
  add_request(migration->requests, {"SELECT", database});
  ++migration->requests_before_keys;
  for (const Bytes name : keys) {
    const Key key = call.key_of(name);
    if (const Entry* const entry = call.peek(key)) {
      add_key(call, *migration, key, *entry, wishes.replace);
    }
  }
  return migration;
}

void begin(Call& call, const std::shared_ptr<Migration>& migration) {
  Migrations* const migrations = call.runtime.migrations();
  if (migrations == nullptr) {
    call.error("ERR keys can not be migrated from here");
    return;
  }
  if (const Status started = migrations->start(); !started) {
    call.error("IOERR keys can not be migrated: " + started.error().message);
    return;
  }
  struct Unless {
    Call& call;
    Migration& migration;
    bool begun = false;
    ~Unless() {
      if (!begun) migration.forget(call.runtime);
    }
  } unless{call, *migration};
  if (!migration->copies) migration->watch(call.runtime);
  unless.begun = call.suspend({.keys = call.args.first(0), .migration = migration});
}

void begin(Call& call) {
  Wishes wishes;
  if (!read_wishes(call, wishes)) return;
  const auto timeout_ms = integer_argument(call, call.args[5]);
  if (!timeout_ms) return;
  const auto database = integer_argument(call, call.args[4]);
  if (!database) return;
  std::vector<Bytes> there;
  for (const Bytes name : wishes.keys) {
    if (call.find_read(call.key_of(name)) != nullptr) there.push_back(name);
  }
  if (there.empty()) {
    call.reply.status("NOKEY");
    return;
  }
  if (!call.may_wait()) {
    call.error(
        "ERR MIGRATE waits for another server: it can not be run in a transaction or a script");
    return;
  }
  char digits[kIntegerTextMax];
  const auto migration =
      make_migration(call, wishes, *timeout_ms, format_int64(*database, digits), there);
  for (const Bytes name : there) {
    migration->fence = std::max(migration->fence, call.shard_of(call.key_of(name)).logged_to);
  }
  begin(call, migration);
}

// A key whose time has come is not missed: it was to go on both sides.
bool is_lost(Call& call, const Migration::MovedKey& moved) {
  if (!moved.restored || !moved.changed.broken()) return false;
  const bool due = moved.expires_at_ms >= 0 && moved.expires_at_ms <= call.now_ms();
  return !due || call.peek_in(call.key_of(moved.name), call.session.database) != nullptr;
}

// Removes what has arrived and is as it was. Returns whether all that has arrived was.
bool remove_moved(Call& call, const Migration& migration) {
  std::vector<const Migration::MovedKey*> to_remove;
  bool all = true;
  for (const Migration::MovedKey& moved : migration.keys) {
    if (moved.restored && !moved.changed.broken()) {
      to_remove.push_back(&moved);
    } else if (is_lost(call, moved)) {
      all = false;
    }
  }
  for (const Migration::MovedKey* const moved : to_remove) {
    const Key key = call.key_of(moved->name);
    if (call.peek(key) == nullptr) continue;
    call.effect({"DEL", key.bytes});
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
  }
  return all;
}

void end(Call& call, const Migration& migration) {
  if (std::string why; !migration.copies && call.runtime.refuses_writes(why)) {
    call.error(why);
    return;
  }
  std::string refusal;
  if (migration.refusal) refusal = "ERR Target instance replied with error: " + *migration.refusal;
  const bool all = migration.copies || remove_moved(call, migration);
  if (migration.refusal) {
    call.error(refusal);
  } else if (migration.end == MigrationEnd::kNoConnection) {
    call.error("IOERR error or timeout connecting to the client");
  } else if (migration.end == MigrationEnd::kNotWritten) {
    call.error("IOERR error or timeout writing to target instance");
  } else if (migration.end == MigrationEnd::kNotRead) {
    call.error("IOERR error or timeout reading to target instance");
  } else if (!all) {
    call.error("IOERR a key was changed while it was migrated: it was not deleted here");
  } else {
    call.reply.ok();
  }
}

void migrate(Call& call) {
  if (const Migration* const migration = call.migration()) {
    end(call, *migration);
  } else {
    begin(call);
  }
}

constexpr uint16_t kKeyFlags = kKeyRW | kKeyAccess | kKeyDelete;
constexpr KeySpec kKeys[] = {
    {3, 3, 1, kKeyFlags}, {-2, -1, 1, kKeyFlags | kKeyIncomplete, KeySearch::kKeywordAll, "KEYS"}};

constexpr CommandRow kRows[] = {
    {.name = "migrate",
     .arity = -6,
     .flags = kWrite | kMovableKeys | kNeedsSession,
     .categories = kAclKeyspace | kAclDangerous,
     .keys = kKeys,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(N) in the values, here and at the other server",
     .summary = "Takes keys to another server, and removes them here when they have arrived.",
     .syntax = "host:string port:integer <key|\"\"> destination-db:integer timeout:integer [COPY] "
               "[REPLACE] [AUTH auth:string|AUTH2 username:string password:string] "
               "[KEYS key [key ...]]",
     .handler = migrate,
     .keys_behind = keys_behind,
     .hides = hides_login},
};

}  // namespace

CommandFamily migrate_commands() { return kRows; }

}  // namespace kevy
