#include "script/engine.h"

#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/number.h"
#include "script/invocation.h"
#include "script/lua/state.h"
#include "script/run.h"
#include "script/shebang.h"

namespace kevy {

namespace {

constexpr Bytes kMayWrite = "ERR Can not execute a script with write flag using *_ro command.";
constexpr Bytes kNotCached = "NOSCRIPT No matching script.";

// Argument 2 is how many of those behind it are keys. Nothing, and the error is answered, if it is
// wrong.
std::optional<size_t> key_count(Call& call) {
  const auto count = parse_int64(call.args[2]);
  if (!count) {
    call.error("ERR value is not an integer or out of range");
  } else if (*count > static_cast<int64_t>(call.argc()) - 3) {
    call.error("ERR Number of keys can't be greater than number of args");
  } else if (*count < 0) {
    call.error("ERR Number of keys can't be negative");
  } else {
    return static_cast<size_t>(*count);
  }
  return std::nullopt;
}

// What does not promise to write nothing is refused before it runs where writes are; also where it
// is to write nothing, which is looked at behind that.
bool is_refused(Call& call, uint32_t flags, bool read_only) {
  if ((flags & kScriptNoWrites) != 0) return false;
  std::string wrong;
  if (!call.runtime.refuses_writes(wrong) && read_only) wrong = kMayWrite;
  if (!wrong.empty()) call.error(wrong);
  return !wrong.empty();
}

struct Compilation {
  Bytes code;
  int function = LUA_NOREF;
  std::string* wrong;
};

int compile_protected(lua_State* lua) {
  auto& work = *static_cast<Compilation*>(lua_touserdata(lua, 2));
  if (load_chunk(lua, work.code, "@user_script")) {
    work.function = luaL_ref(lua, LUA_REGISTRYINDEX);
  } else {
    *work.wrong = "ERR Error compiling script (new function): " + std::string(text_at(lua, -1));
  }
  return 0;
}

}  // namespace

ScriptEngine::ScriptEngine(Runtime& runtime) : runtime_(runtime) {}

ScriptEngine::~ScriptEngine() = default;

LuaState& ScriptEngine::state() {
  if (state_ == nullptr) {
    state_ = std::make_unique<LuaState>(runtime_.settings().lua_memory_max);
  }
  return *state_;
}

ScriptEngine::Script* ScriptEngine::find_any_case(Bytes sha1) const noexcept {
  Sha1Hex name;
  if (sha1.size() != name.size()) return nullptr;
  for (size_t i = 0; i < name.size(); ++i) name[i] = ascii_lower(sha1[i]);
  return scripts_.find({name.data(), name.size()});
}

const std::string* ScriptEngine::find(Bytes sha1) const noexcept {
  const Script* script = find_any_case(sha1);
  return script == nullptr ? nullptr : &script->source;
}

bool ScriptEngine::compile(Call& call, Bytes code, int& function) {
  runtime_.script_status().note_source(code);
  std::string wrong;
  Compilation work{code, LUA_NOREF, &wrong};
  LuaState& lua = state();
  lua.starved = false;
  const bool done = lua.run(guarded<compile_protected>, &work);
  lua.drop();
  if (!done || (work.function == LUA_NOREF && lua.starved)) throw std::bad_alloc();
  if (work.function == LUA_NOREF) {
    call.error(wrong);
    return false;
  }
  function = work.function;
  return true;
}

ScriptEngine::Script* ScriptEngine::make(Call& call, Bytes sha1, Bytes source) {
  const Shebang shebang = read_script_shebang(source);
  if (!shebang.wrong.empty()) {
    call.error(shebang.wrong);
    return nullptr;
  }
  std::string copy(source);
  std::list<std::string> use(1, std::string(sha1));
  int function;
  if (!compile(call, shebang.code, function)) return nullptr;
  Script* script;
  try {
    script = &scripts_.find_or_make(sha1, scripts_.hash(sha1));
  } catch (...) {
    drop_reference(state_->lua(), function);
    throw;
  }
  script->source = std::move(copy);
  script->flags = shebang.flags;
  script->function = function;
  sent_.splice(sent_.end(), use);
  script->use = std::prev(sent_.end());
  cached_bytes_ += script->source.size();
  if (sent_.size() > kSentMax) {
    forget(std::string(sent_.front()));
    runtime_.script_status().evicted_scripts.fetch_add(1, std::memory_order_relaxed);
  }
  return script;
}

void ScriptEngine::forget(Bytes sha1) {
  const uint64_t hash = scripts_.hash(sha1);
  Script* script = scripts_.find(sha1, hash);
  drop_reference(state_->lua(), script->function);
  cached_bytes_ -= script->source.size();
  if (!script->kept) sent_.erase(script->use);
  scripts_.erase(sha1, hash);
}

void ScriptEngine::eval(Call& call, bool read_only) {
  const auto keys = key_count(call);
  if (!keys) return;
  const Sha1Hex hex = sha1_hex(call.args[1]);
  const Bytes sha1(hex.data(), hex.size());
  Script* script = scripts_.find(sha1);
  if (script == nullptr) {
    script = make(call, sha1, call.args[1]);
    if (script == nullptr) return;
  } else if (!script->kept) {
    sent_.splice(sent_.end(), sent_, script->use);
  }
  run(call, *script, *keys, read_only);
}

void ScriptEngine::eval_sha(Call& call, bool read_only) {
  Script* script = nullptr;
  if (call.args[1].size() == Sha1Hex().size()) {
    const auto keys = key_count(call);
    if (!keys) return;
    script = find_any_case(call.args[1]);
    if (script != nullptr) {
      run(call, *script, *keys, read_only);
      return;
    }
  }
  call.error(kNotCached);
}

void ScriptEngine::load(Call& call, Bytes source) {
  const Sha1Hex hex = sha1_hex(source);
  const Bytes sha1(hex.data(), hex.size());
  Script* script = scripts_.find(sha1);
  if (script == nullptr) script = make(call, sha1, source);
  if (script == nullptr) return;
  if (!script->kept) {
    sent_.erase(script->use);
    script->kept = true;
  }
  count();
  call.reply.bulk(sha1);
}

void ScriptEngine::flush() {
  std::list<std::string> names;
  scripts_.for_each([&](Bytes name, Script&) { names.emplace_back(name); });
  for (const std::string& name : names) forget(name);
  count();
}

void ScriptEngine::run(Call& call, Script& script, size_t keys, bool read_only) {
  if ((script.flags & kScriptHasShebang) != 0 && is_refused(call, script.flags, read_only)) return;
  read_only = read_only || (script.flags & kScriptNoWrites) != 0;
  invoke(*state_, call,
         {script.function, ScriptStatus::Kind::kScript, {}, keys, read_only, replies_, result_});
  count();
}

void ScriptEngine::call_function(Call& call, bool read_only) {
  const ScriptFunction* function = libraries_.find(call.args[1]);
  if (function == nullptr) {
    call.error("ERR Function not found");
    return;
  }
  if (!parse_int64(call.args[2])) {
    call.error("ERR Bad number of keys provided");
    return;
  }
  const auto keys = key_count(call);
  if (!keys) return;
  if (is_refused(call, function->flags, read_only)) return;
  const bool no_writes = (function->flags & kScriptNoWrites) != 0;
  invoke(*state_, call,
         {function->function, ScriptStatus::Kind::kFunction, function->name, *keys, no_writes,
          replies_, result_});
  count();
}

void ScriptEngine::load_library(Call& call, Bytes code, bool replace) {
  libraries_.load(call, state(), code, replace);
  count();
}

void ScriptEngine::restore_libraries(Call& call, const RestoredLibraries& restored,
                                     FunctionLibraries::Meeting meeting) {
  libraries_.restore(call, state(), restored, meeting);
  count();
}

void ScriptEngine::delete_library(Call& call, Bytes name) {
  libraries_.remove(call, state(), name);
  count();
}

void ScriptEngine::flush_libraries() {
  libraries_.flush(state_.get());
  count();
}

void ScriptEngine::count() {
  ScriptStatus& status = runtime_.script_status();
  status.cached_scripts.store(scripts_.size(), std::memory_order_relaxed);
  status.cached_bytes.store(cached_bytes_, std::memory_order_relaxed);
  status.functions.store(libraries_.function_count(), std::memory_order_relaxed);
  status.libraries.store(libraries_.library_count(), std::memory_order_relaxed);
  status.function_bytes.store(libraries_.memory(), std::memory_order_relaxed);
  if (state_ != nullptr) {
    status.interpreter_bytes.store(state_->memory(), std::memory_order_relaxed);
  }
}

void ScriptEngine::kill(Call& call, bool function) {
  ScriptStatus& status = runtime_.script_status();
  switch (status.kill(function ? ScriptStatus::Kind::kFunction : ScriptStatus::Kind::kScript)) {
    case ScriptStatus::Kill::kNotRunning:
      call.error("NOTBUSY No scripts in execution right now.");
      break;
    case ScriptStatus::Kill::kOtherKind:
      call.error(status.busy_text());
      break;
    case ScriptStatus::Kill::kUnkillable:
      call.error(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
          "can "
          "either wait the script termination or kill the server in a hard way using the SHUTDOWN "
          "NOSAVE command.");
      break;
    case ScriptStatus::Kill::kDone:
      call.reply.ok();
  }
}

void ScriptEngine::show_running(const ScriptRun* run) {
  Shown shown;
  try {
    shown.name = run->name;
    shown.command.assign(run->call.args.begin(), run->call.args.end());
    shown.since_us = run->since_us;
  } catch (const std::bad_alloc&) {
    shown.command.clear();
  }
  std::lock_guard guard(shown_lock_);
  shown_ = std::move(shown);
}

void ScriptEngine::reply_stats(Call& call) {
  ScriptStatus& status = runtime_.script_status();
  std::optional<Shown> shown;
  if (runtime_.script_busy() && status.kind() == ScriptStatus::Kind::kFunction) {
    std::lock_guard guard(shown_lock_);
    shown = shown_;
  }
  call.reply.map(2);
  call.reply.bulk("running_script");
  if (shown) {
    call.reply.map(3);
    call.reply.bulk("name");
    call.reply.bulk(shown->name);
    call.reply.bulk("command");
    call.reply.array(shown->command.size());
    for (const std::string& word : shown->command) call.reply.bulk(word);
    call.reply.bulk("duration_ms");
    call.reply.integer((Clock::monotonic_us() - shown->since_us) / 1000);
  } else {
    call.reply.null();
  }
  call.reply.bulk("engines");
  call.reply.map(1);
  call.reply.bulk("LUA");
  call.reply.map(2);
  call.reply.bulk("libraries_count");
  call.reply.integer(static_cast<int64_t>(status.libraries.load()));
  call.reply.bulk("functions_count");
  call.reply.integer(static_cast<int64_t>(status.functions.load()));
}

}  // namespace kevy
