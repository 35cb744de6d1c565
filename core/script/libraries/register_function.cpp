#include "script/libraries/register_function.h"

#include "base/clock.h"
#include "script/libraries/libraries.h"
#include "script/lua/convert.h"
#include "script/lua/protect.h"
#include "script/lua/state.h"
#include "script/shebang.h"

namespace kevy {

namespace {

int raise(lua_State* lua, Bytes text) {
  push_field(lua, "err", text);
  return lua_error(lua);
}

void read_flags(lua_State* lua, int index, ScriptFunction& made) {
  if (!lua_istable(lua, index)) {
    raise(lua,
          "ERR flags argument to server.register_function must be a table representing function "
          "flags");
  }
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, index, i);
    if (lua_isnil(lua, -1)) break;
    const uint32_t flag = lua_type(lua, -1) == LUA_TSTRING ? script_flag(text_at(lua, -1)) : 0;
    if (flag == 0) raise(lua, "ERR unknown flag given");
    made.flags |= flag;
    lua_pop(lua, 1);
  }
  lua_pop(lua, 1);
}

// The arguments by name. Leaves the callback on the stack.
void read_named(lua_State* lua, ScriptFunction& made) {
  bool has_name = false, has_callback = false;
  lua_settop(lua, 1);
  lua_pushnil(lua);  // for the callback
  for (lua_pushnil(lua); lua_next(lua, 1) != 0; lua_settop(lua, 3)) {
    const Bytes argument = lua_type(lua, 3) == LUA_TSTRING ? text_at(lua, 3) : Bytes();
    if (argument == "function_name") {
      if (lua_isstring(lua, 4) == 0) {
        raise(lua, "ERR function_name argument given to server.register_function must be a string");
      }
      made.name = text_at(lua, 4);
      has_name = true;
    } else if (argument == "description") {
      if (lua_isstring(lua, 4) == 0) {
        raise(lua, "ERR description argument given to server.register_function must be a string");
      }
      made.description = text_at(lua, 4);
    } else if (argument == "callback") {
      if (!lua_isfunction(lua, 4)) {
        raise(lua, "ERR callback argument given to server.register_function must be a function");
      }
      lua_pushvalue(lua, 4);
      lua_replace(lua, 2);
      has_callback = true;
    } else if (argument == "flags") {
      read_flags(lua, 4, made);
    } else {
      raise(lua, "ERR unknown argument given to server.register_function");
    }
  }
  if (!has_name) raise(lua, "ERR server.register_function must get a function name argument");
  if (!has_callback) raise(lua, "ERR server.register_function must get a callback argument");
  lua_settop(lua, 2);
}

void read_positional(lua_State* lua, ScriptFunction& made) {
  if (lua_isstring(lua, 1) == 0) {
    raise(lua, "ERR first argument to server.register_function must be a string");
  }
  if (!lua_isfunction(lua, 2)) {
    raise(lua, "ERR second argument to server.register_function must be a function");
  }
  made.name = text_at(lua, 1);
}

int register_function(lua_State* lua) {
  LibraryLoad* load = LuaState::of(lua).loading;
  if (load == nullptr) {
    return raise(lua, "ERR server.register_function can only be called on FUNCTION LOAD command");
  }
  const int given = lua_gettop(lua);
  if (given < 1 || given > 2) {
    return raise(lua, "ERR wrong number of arguments to server.register_function");
  }
  if (given == 1 && !lua_istable(lua, 1)) {
    return raise(
        lua,
        "ERR calling server.register_function with a single argument is only applicable to "
        "Lua table (representing named arguments).");
  }
  ScriptFunction made;
  if (given == 1) {
    read_named(lua, made);
  } else {
    read_positional(lua, made);
  }
  made.key = ScriptFunction::key_of(made.name);
  load->functions.push_back(std::move(made));
  load->references.push_back(LUA_NOREF);
  load->functions.back().function = load->references.back() = luaL_ref(lua, LUA_REGISTRYINDEX);
  return 0;
}

// Copies what may be used while a library is loaded.
void make_load_redis(lua_State* lua) {
  lua_newtable(lua);
  open_redis(lua);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
    const Bytes name = text_at(lua, -2);
    const bool kept = !lua_isfunction(lua, -1) ? !name.starts_with("REPL_") : name == "log";
    if (!kept) continue;
    lua_pushvalue(lua, -2);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, -6);
  }
  lua_pop(lua, 1);
  lua_pushcfunction(lua, guarded<register_function>);
  lua_setfield(lua, -2, "register_function");
}

void remove_field(lua_State* lua, const char* name) {
  lua_pushnil(lua);
  lua_setfield(lua, -2, name);
}

// With both names of the table on the stack's top, which is popped, in the table below.
void add_redis(lua_State* lua) {
  protect(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "redis");
  lua_setfield(lua, -2, "server");
}

int run_protected(lua_State* lua) {
  auto& load = *static_cast<LibraryLoad*>(lua_touserdata(lua, 2));
  LuaState& state = LuaState::of(lua);
  if (!load_chunk(lua, load.code, "@user_function")) {
    load.wrong = "ERR Error compiling function: " + std::string(text_at(lua, -1));
    return 0;
  }
  lua_rawgeti(lua, LUA_REGISTRYINDEX, state.function_environment);
  lua_setfenv(lua, -2);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, state.error_handler_reference);
  lua_insert(lua, -2);
  if (lua_pcall(lua, 0, 0, -2) == 0) return 0;
  Bytes text = lua_isstring(lua, -1) != 0 ? text_at(lua, -1) : "ERR unknown error";
  if (lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    text = lua_isstring(lua, -1) != 0 ? text_at(lua, -1) : "ERR unknown error";
  }
  load.wrong = "ERR Error registering functions: " + std::string(text);
  return 0;
}

// Chooses which names functions find: those that may be used while a library is loaded, or all.
int choose_names(lua_State* lua) {
  LuaState& state = LuaState::of(lua);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, state.function_names);
  lua_rawgeti(lua, LUA_REGISTRYINDEX,
              state.loading != nullptr ? state.load_globals : state.function_globals);
  lua_setfield(lua, -2, "__index");
  return 0;
}

}  // namespace

void LibraryLoad::forget(lua_State* lua) noexcept {
  for (const int reference : references) drop_reference(lua, reference);
  references.clear();
}

void open_function_globals(lua_State* lua) {
  LuaState& state = LuaState::of(lua);
  const auto keep = [lua](int& reference) { reference = luaL_ref(lua, LUA_REGISTRYINDEX); };

  // An empty table, seen through a protected one, whose metatable says where names are found.
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushvalue(lua, -1);
  keep(state.function_names);
  lua_setmetatable(lua, -2);
  protect(lua);
  lua_pushvalue(lua, -1);
  keep(state.function_environment);

  lua_rawgeti(lua, LUA_REGISTRYINDEX, state.globals);
  lua_newtable(lua);
  for (lua_pushnil(lua); lua_next(lua, -3) != 0;) {
    lua_pushvalue(lua, -2);
    lua_insert(lua, -2);
    lua_rawset(lua, -4);
  }
  lua_getmetatable(lua, -2);
  lua_setmetatable(lua, -2);
  open_redis(lua);
  for (const char* name : {"breakpoint", "debug", "replicate_commands"}) remove_field(lua, name);
  add_redis(lua);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "_G");
  keep(state.function_globals);

  lua_newtable(lua);
  lua_getmetatable(lua, -2);
  lua_setmetatable(lua, -2);
  make_load_redis(lua);
  lua_getmetatable(lua, -3);
  lua_setmetatable(lua, -2);
  add_redis(lua);
  keep(state.load_globals);
  lua_pop(lua, 2);
}

void run_library(LuaState& state, LibraryLoad& load) {
  constexpr int64_t kLoadMaxUs = 500'000;
  state.starved = false;
  state.loading = &load;
  state.loading_until_us = Clock::monotonic_us() + kLoadMaxUs;
  state.watch_time();
  bool done = state.run(choose_names, nullptr);
  state.drop();
  done = done && state.run(guarded<run_protected>, &load);
  state.drop();
  state.loading = nullptr;
  done = state.run(choose_names, nullptr) && done;
  state.drop();
  if (!done || (!load.wrong.empty() && state.starved)) throw std::bad_alloc();
}

}  // namespace kevy
