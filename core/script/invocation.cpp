#include "script/invocation.h"

#include <new>
#include <optional>
#include <string>

#include "script/lua/convert.h"
#include "script/run.h"

namespace kevy {

namespace {

struct Work {
  Call& call;
  LuaState& state;
  const Invocation& invocation;
  ScriptRun& run;
  bool failed = false;
};

void push_words(lua_State* lua, Args words) {
  lua_createtable(lua, static_cast<int>(words.size()), 0);
  int at = 0;
  for (const Bytes word : words) {
    push(lua, word);
    lua_rawseti(lua, -2, ++at);
  }
}

// The error's text, with the place where it came from.
std::string describe_error(lua_State* lua) {
  if (!lua_istable(lua, -1)) {
    return "ERR " + std::string(lua_isstring(lua, -1) != 0 ? text_at(lua, -1) : "unknown error");
  }
  const auto field = [lua](const char* name) {
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    const bool is_text = lua_isstring(lua, -1) != 0;
    std::string text(is_text ? text_at(lua, -1) : Bytes());
    lua_pop(lua, 1);
    return text;
  };
  std::string text = field("err");
  if (text.empty()) text = "ERR unknown error";
  const std::string source = field("source"), line = field("line");
  text += " script:";
  if (!source.empty()) text += " on " + source + ':' + line + '.';
  return text;
}

int call_function(lua_State* lua) {
  auto& work = *static_cast<Work*>(lua_touserdata(lua, 2));
  const size_t keys = work.invocation.keys;
  lua_rawgeti(lua, LUA_REGISTRYINDEX, work.state.error_handler_reference);
  const int handler = lua_gettop(lua);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, work.invocation.function);
  const bool is_function = work.invocation.kind == ScriptStatus::Kind::kFunction;
  if (is_function) {
    push_words(lua, work.call.args.subspan(3, keys));
    push_words(lua, work.call.args.subspan(3 + keys));
  } else {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, work.state.globals);
    push_words(lua, work.call.args.subspan(3, keys));
    lua_setfield(lua, -2, "KEYS");
    push_words(lua, work.call.args.subspan(3 + keys));
    lua_setfield(lua, -2, "ARGV");
    lua_pop(lua, 1);
  }
  ValueTape& result = work.invocation.result;
  if (lua_pcall(lua, is_function ? 2 : 0, 1, handler) != 0) {
    work.failed = true;
    result.begin(3);
    result.error(describe_error(lua));
    return 0;
  }
  result.begin(3);
  write_value(lua, result, work.run.protocol);
  return 0;
}

/// What a script may change of its session is as it was afterwards. The stateless session is
/// nobody's to change, so its scripts have one of their own.
class Borrowed {
 public:
  explicit Borrowed(Call& call) {
    if (call.session.stateless()) {
      own_.emplace(0, Session::Door::kInProcess,
                   call.runtime.settings().output_limit(OutputClass::kPubSub));
    } else {
      session_ = &call.session;
      database_ = session_->database;
      protocol_ = session_->protocol;
      in_transaction_ = session_->transaction.running;
    }
    session().transaction.running = true;  // nothing blocks
  }
  ~Borrowed() {
    if (session_ == nullptr) return;
    session_->database = database_;
    session_->database_shown.store(database_, std::memory_order_relaxed);
    session_->protocol = protocol_;
    session_->transaction.running = in_transaction_;
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Session& session() { return session_ == nullptr ? *own_ : *session_; }

 private:
  Session* session_ = nullptr;
  int database_ = 0, protocol_ = 2;
  bool in_transaction_ = false;
  std::optional<Session> own_;
};

}  // namespace

void invoke(LuaState& state, Call& call, const Invocation& invocation) {
  Borrowed borrowed(call);
  ScriptRun run{call, borrowed.session(), invocation.replies, invocation.read_only};
  Work work{call, state, invocation, run};
  run.name = invocation.name;
  run.since_us = run.served_us = Clock::monotonic_us();
  state.starved = false;
  state.running = &run;
  state.watch_time();
  call.runtime.script_status().begin(invocation.kind);
  const bool done = state.run(guarded<call_function>, &work);
  call.runtime.script_status().end();
  if (call.runtime.script_busy()) call.runtime.set_script_busy(false);
  state.running = nullptr;
  state.drop();
  // As any command: what has found no memory, and has changed nothing, was not run.
  const bool failed = !done || work.failed;
  if (failed && state.starved && !call.parts_changed_anything()) throw std::bad_alloc();
  if (!done) {
    call.error("ERR not enough memory");
    return;
  }
  try {
    invocation.result.play(call.reply);
  } catch (const std::bad_alloc&) {
    throw Reply::Lost();  // the script has run
  }
}

}  // namespace kevy
