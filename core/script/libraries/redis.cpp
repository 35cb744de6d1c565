// What scripts call redis, or server: the way to the commands, and what goes with it.
#include <charconv>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/sha1.h"
#include "runtime/redis_version.h"
#include "script/libraries/libraries.h"
#include "script/lua/convert.h"
#include "script/lua/state.h"
#include "script/run.h"

namespace kevy {

namespace {

int raise(lua_State* lua, Bytes text) {
  push_error(lua, text);
  return lua_error(lua);
}

constexpr Bytes kNoArguments = "ERR Please specify at least one argument for this call";
constexpr Bytes kNotWords = "ERR Command arguments must be strings or integers";
constexpr Bytes kNotNow = "ERR this function can only be called from a running script";

// A number as a word: an integer if it is one, otherwise with as many digits as tell it.
Bytes number_word(lua_Number number, char* buffer) {
  constexpr lua_Number kBeyond = 9223372036854775808.0;
  if (number >= -kBeyond && number < kBeyond) {
    const auto whole = static_cast<int64_t>(number);
    if (static_cast<lua_Number>(whole) == number) return format_int64(whole, buffer);
  }
  const auto end = std::to_chars(buffer, buffer + 32, number, std::chars_format::general, 17).ptr;
  return {buffer, static_cast<size_t>(end - buffer)};
}

/// The arguments of a call as the words of a command; none when one of them is no word.
class Words {
 public:
  explicit Words(lua_State* lua) {
    const auto count = static_cast<size_t>(lua_gettop(lua));
    Bytes* words = few_;
    char(*numbers)[32] = few_numbers_;
    if (count > kFew) {
      many_.resize(count);
      words = many_.data();
    }
    size_t numbers_used = 0;
    for (size_t i = 0; i < count; ++i) {
      const int at = static_cast<int>(i) + 1;
      const int type = lua_type(lua, at);
      if (type == LUA_TSTRING) {
        words[i] = text_at(lua, at);
      } else if (type == LUA_TNUMBER && numbers_used < kFew) {
        words[i] = number_word(lua_tonumber(lua, at), numbers[numbers_used++]);
      } else if (type == LUA_TNUMBER) {
        // The text takes the number's place on the stack, which keeps it.
        char buffer[32];
        push(lua, number_word(lua_tonumber(lua, at), buffer));
        lua_replace(lua, at);
        words[i] = text_at(lua, at);
      } else {
        return;
      }
    }
    words_ = {words, count};
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  Args get() const { return words_; }

 private:
  static constexpr size_t kFew = 16;
  Bytes few_[kFew];
  char few_numbers_[kFew][32];
  std::vector<Bytes> many_;
  Args words_;
};

// In a function of its own, so that all it has got is given back before an error is raised. The
// reply's value is on the stack; false when it is an error.
bool call_command(lua_State* lua, ScriptRun& run) {
  const Words words(lua);
  if (words.get().empty()) {
    push_error(lua, kNotWords);
    return false;
  }
  run.execute(words.get());
  push_reply(lua, run.tape);
  size_t at = 0;
  return run.tape.read(at).kind != TapeKind::kError;
}

template <bool kRaises>
int call(lua_State* lua) {
  ScriptRun* run = LuaState::of(lua).running;
  if (run == nullptr) return raise(lua, kNotNow);
  bool fine;
  if (lua_gettop(lua) == 0) {
    push_error(lua, kNoArguments);
    fine = false;
  } else {
    fine = call_command(lua, *run);
  }
  if (!fine && kRaises) return lua_error(lua);
  return 1;
}

int wrong_text(lua_State* lua) {
  push_field(lua, "err", "ERR wrong number or type of arguments");
  return 1;
}

// "-CODE text", or a text without a code, or without the minus.
int error_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) return wrong_text(lua);
  Bytes text = text_at(lua, 1);
  if (text.starts_with('-')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  const std::string whole = contains(text, ' ') ? std::string(text) : "ERR " + std::string(text);
  push_field(lua, "err", whole);
  return 1;
}

int status_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) return wrong_text(lua);
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

int sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR wrong number of arguments");
  const Bytes text = text_at(lua, 1);
  const Sha1Hex hex = sha1_hex(text.data() == nullptr ? Bytes("") : text);
  lua_pushlstring(lua, hex.data(), hex.size());
  return 1;
}

// There is nobody to tell yet.
int log(lua_State* lua) {
  if (lua_gettop(lua) < 2) return raise(lua, "ERR server.log() requires two arguments or more.");
  if (lua_isnumber(lua, 1) == 0) {
    return raise(lua, "ERR First argument must be a number (log level).");
  }
  const lua_Number level = lua_tonumber(lua, 1);
  if (level < 0 || level > 3) return raise(lua, "ERR Invalid log level.");
  return 0;
}

int set_resp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR server.setresp() requires one argument.");
  const lua_Number version = lua_tonumber(lua, 1);
  if (version != 2 && version != 3) return raise(lua, "ERR RESP version must be 2 or 3.");
  if (ScriptRun* run = LuaState::of(lua).running) run->protocol = static_cast<int>(version);
  return 0;
}

constexpr int kReplAof = 1, kReplReplica = 2, kReplAll = kReplAof | kReplReplica;

int set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return raise(lua, "ERR server.set_repl() requires one argument.");
  const lua_Number flags = lua_tonumber(lua, 1);
  if (flags < 0 || flags > kReplAll) {
    return raise(
        lua, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  // One stream feeds both.
  if (ScriptRun* run = LuaState::of(lua).running) run->logged = flags >= 1;
  return 0;
}

int answer_true(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

int answer_false(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}

int nothing(lua_State*) { return 0; }

bool known_command(lua_State* lua, ScriptRun& run) {
  const Words words(lua);
  if (words.get().empty()) {
    push_error(lua, kNotWords);
    return false;
  }
  const CommandRow* row = run.call.runtime.table().find(words.get());
  if (row == nullptr || row->handler == nullptr) {
    push_error(lua, "ERR Invalid command passed to server.acl_check_cmd()");
    return false;
  }
  lua_pushboolean(lua, 1);
  return true;
}

int acl_check_cmd(lua_State* lua) {
  ScriptRun* run = LuaState::of(lua).running;
  if (run == nullptr) return raise(lua, kNotNow);
  if (lua_gettop(lua) == 0) return raise(lua, kNoArguments);
  if (!known_command(lua, *run)) return lua_error(lua);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"call", guarded<call<true>>},
    {"pcall", guarded<call<false>>},
    {"error_reply", guarded<error_reply>},
    {"status_reply", status_reply},
    {"sha1hex", sha1hex},
    {"log", log},
    {"setresp", set_resp},
    {"set_repl", set_repl},
    {"replicate_commands", answer_true},
    {"breakpoint", answer_false},
    {"debug", nothing},
    {"acl_check_cmd", guarded<acl_check_cmd>},
};

struct Constant {
  const char* name;
  int value;
};

constexpr Constant kConstants[] = {
    {"LOG_DEBUG", 0},
    {"LOG_VERBOSE", 1},
    {"LOG_NOTICE", 2},
    {"LOG_WARNING", 3},
    {"REPL_NONE", 0},
    {"REPL_AOF", kReplAof},
    {"REPL_SLAVE", kReplReplica},
    {"REPL_REPLICA", kReplReplica},
    {"REPL_ALL", kReplAll},
};

// 7.2.4 as 0x00070204.
constexpr int version_number(Bytes version) {
  int number = 0, part = 0;
  for (const char c : version) {
    if (c == '.') {
      number = number * 256 + part;
      part = 0;
    } else {
      part = part * 10 + (c - '0');
    }
  }
  return number * 256 + part;
}
static_assert(version_number("7.2.4") == 459268);

}  // namespace

void open_redis(lua_State* lua) {
  lua_newtable(lua);
  add_functions(lua, kFunctions);
  for (const Constant& constant : kConstants) {
    lua_pushinteger(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
  push(lua, kRedisVersion);
  lua_setfield(lua, -2, "REDIS_VERSION");
  lua_pushinteger(lua, version_number(kRedisVersion));
  lua_setfield(lua, -2, "REDIS_VERSION_NUM");
  lua_pushliteral(lua, "kevy");
  lua_setfield(lua, -2, "SERVER_NAME");
}

}  // namespace kevy
