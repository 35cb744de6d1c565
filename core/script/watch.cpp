#include "script/watch.h"

#include "base/clock.h"
#include "script/engine.h"
#include "script/lua/convert.h"
#include "script/lua/state.h"
#include "script/run.h"

namespace kevy {

namespace {

constexpr int64_t kServeEveryUs = 10'000;

[[noreturn]] void raise(lua_State* lua, Bytes text) {
  push_error(lua, text);
  lua_error(lua);
  __builtin_unreachable();
}

// Whatever catches errors for a script raises this one again, as long as the script is `ending`.
[[noreturn]] void end_script(lua_State* lua, const ScriptStatus& status) {
  LuaState::of(lua).ending = true;
  raise(lua, status.killed_text());
}

}  // namespace

void watch_script(lua_State* lua, lua_Debug*) {
  const LuaState& state = LuaState::of(lua);
  ScriptRun* const run = state.running;
  const int64_t now_us = Clock::monotonic_us();
  if (run == nullptr) {
    if (state.loading != nullptr && now_us > state.loading_until_us) {
      raise(lua, "ERR FUNCTION LOAD timeout");
    }
    return;
  }
  Runtime& runtime = run->call.runtime;
  ScriptStatus& status = runtime.script_status();
  const bool cancelled = run->call.session.cancel_wanted() && !status.wrote();
  if (status.kill_wanted() || cancelled) end_script(lua, status);
  const int64_t threshold_ms =
      runtime.settings().busy_reply_threshold_ms.load(std::memory_order_relaxed);
  if (threshold_ms <= 0) return;
  if (!runtime.script_busy()) {
    if (now_us - run->since_us < threshold_ms * 1000) return;
    runtime.scripts()->show_running(run);
    runtime.set_script_busy(true);
  }
  if (now_us - run->served_us >= kServeEveryUs) {
    run->served_us = now_us;
    runtime.serve_others();
  }
}

}  // namespace kevy
