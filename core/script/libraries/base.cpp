// What is replaced of Lua's basic functions, tables and strings: what knows nothing of protected
// tables, reaches files, accepts bytecode, changes the collector for all scripts, or crashes.
#include <ctime>

#include "script/libraries/buffer.h"
#include "script/libraries/libraries.h"
#include "script/lua/protect.h"
#include "script/lua/state.h"

namespace kevy {

namespace {

// Calls the function that this one has replaced, in its place, so that errors name it as usual.
int original(lua_State* lua) { return lua_tocfunction(lua, lua_upvalueindex(1))(lua); }

int next(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  if (push_protected(lua, 1)) lua_replace(lua, 1);
  if (lua_next(lua, 1) != 0) return 2;
  lua_pushnil(lua);
  return 1;
}

int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int raw_get(lua_State* lua) {
  if (push_protected(lua, 1)) lua_replace(lua, 1);
  return original(lua);
}

// For functions that write to their first argument.
int writing(lua_State* lua) {
  refuse_protected(lua, 1);
  return original(lua);
}

// Of a protected table what the one behind it has. The metatable of strings is shared, so it is
// protected too.
int get_metatable(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (push_protected(lua, 1)) {
    if (luaL_getmetafield(lua, -1, "__index") == 0) {
      lua_pushnil(lua);
      return 1;
    }
    lua_newtable(lua);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "__index");
    protect(lua);
    return 1;
  }
  if (lua_type(lua, 1) == LUA_TSTRING) {
    lua_createtable(lua, 0, 1);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, LuaState::of(lua).globals);
    lua_getfield(lua, -1, LUA_STRLIBNAME);
    lua_setfield(lua, -3, "__index");
    lua_pop(lua, 1);
    protect(lua);
    return 1;
  }
  return original(lua);
}

bool ending(lua_State* lua) noexcept { return LuaState::of(lua).ending; }

// An error that is a table is caught as the text it holds. What ends a script is not caught.
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0) == 0) {
    lua_pushboolean(lua, 1);
    lua_insert(lua, 1);
    return lua_gettop(lua);
  }
  if (ending(lua)) return lua_error(lua);
  if (lua_istable(lua, -1)) {
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1)) lua_replace(lua, -2);
  }
  lua_pushboolean(lua, 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// Calls the script's handler of an error, unless the script ends: no hook would interrupt it then.
int handle(lua_State* lua) {
  lua_settop(lua, 1);
  if (ending(lua)) return 1;
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, 1, 1);
  return 1;
}

int handled_call(lua_State* lua) {
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  if (lua_isfunction(lua, 2)) lua_pushcclosure(lua, handle, 1);
  lua_insert(lua, 1);
  const bool done = lua_pcall(lua, 0, LUA_MULTRET, 1) == 0;
  if (!done && ending(lua)) return lua_error(lua);
  lua_pushboolean(lua, done ? 1 : 0);
  lua_replace(lua, 1);
  return lua_gettop(lua);
}

int resume(lua_State* lua) {
  const int count = original(lua);
  if (ending(lua) && lua_toboolean(lua, -count) == 0) return lua_error(lua);
  return count;
}

int loaded(lua_State* lua, Bytes source, const char* name) {
  if (load_chunk(lua, source, name)) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

int load_string(lua_State* lua) {
  const Bytes source = check_text(lua, 1);
  return loaded(lua, source, luaL_optstring(lua, 2, source.data()));
}

// All pieces are asked for before any is parsed, so that the collector rests while no script runs.
int load(lua_State* lua) {
  const char* name = luaL_optstring(lua, 2, "=(load)");
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  lua_settop(lua, 2);
  LibraryBuffer source(lua);
  for (;;) {
    lua_pushvalue(lua, 1);
    if (lua_pcall(lua, 0, 1, 0) != 0) {
      if (ending(lua)) return lua_error(lua);
      lua_pushnil(lua);
      lua_insert(lua, -2);
      return 2;
    }
    if (lua_isnil(lua, -1)) break;
    if (lua_isstring(lua, -1) == 0) {
      lua_pushnil(lua);
      lua_pushstring(lua, "reader function must return a string");
      return 2;
    }
    const Bytes piece = text_at(lua, -1);
    if (piece.empty()) break;
    source.add(piece);
    lua_pop(lua, 1);
  }
  return loaded(lua, source.text(), name);
}

// The collector is the same for all scripts: they may have it work, not change it.
int collect_garbage(lua_State* lua) {
  const Bytes option = luaL_optstring(lua, 1, "collect");
  if (option == "stop" || option == "restart") {
    lua_pushinteger(lua, 0);
    return 1;
  }
  if (option == "setpause" || option == "setstepmul") {
    lua_pushinteger(lua, 200);
    return 1;
  }
  return original(lua);
}

// Lua's own takes an end of 2147483647 for a number of values below zero.
int unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const lua_Integer first = luaL_optinteger(lua, 2, 1);
  const lua_Integer last = lua_isnoneornil(lua, 3) ? static_cast<lua_Integer>(lua_objlen(lua, 1))
                                                   : luaL_checkinteger(lua, 3);
  if (first > last) return 0;
  const auto count = static_cast<uint64_t>(last) - static_cast<uint64_t>(first);
  if (first < INT32_MIN || last > INT32_MAX || count >= INT32_MAX ||
      lua_checkstack(lua, static_cast<int>(count) + 1) == 0) {
    return luaL_error(lua, "too many results to unpack");
  }
  for (lua_Integer i = first; i <= last; ++i) lua_rawgeti(lua, 1, static_cast<int>(i));
  return static_cast<int>(count) + 1;
}

int clock(lua_State* lua) {
  lua_pushnumber(lua, static_cast<lua_Number>(std::clock()) / CLOCKS_PER_SEC);
  return 1;
}

// Replaces a field of the table at `table`, whose value the new function has as an upvalue.
void wrap(lua_State* lua, int table, const char* name, lua_CFunction function) {
  lua_pushvalue(lua, table);
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

constexpr luaL_Reg kFunctions[] = {
    {"next", next},          {"pcall", protected_call},   {"xpcall", handled_call},
    {"load", guarded<load>}, {"loadstring", load_string}, {"unpack", unpack},
};

// What must not be reached.
constexpr const char* kRemoved[] = {"dofile",   "loadfile", "print",   "getfenv", "setfenv",
                                    "newproxy", "module",   "require", "package"};

}  // namespace

void replace_base(lua_State* lua) {
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  add_functions(lua, kFunctions);
  lua_getfield(lua, -1, "next");
  lua_pushcclosure(lua, pairs, 1);
  lua_setfield(lua, -2, "pairs");
  for (const char* name : kRemoved) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
  }
  lua_pop(lua, 1);
  wrap(lua, LUA_GLOBALSINDEX, "rawget", raw_get);
  wrap(lua, LUA_GLOBALSINDEX, "rawset", writing);
  wrap(lua, LUA_GLOBALSINDEX, "setmetatable", writing);
  wrap(lua, LUA_GLOBALSINDEX, "collectgarbage", collect_garbage);

  lua_newtable(lua);
  lua_pushcfunction(lua, clock);
  lua_setfield(lua, -2, "clock");
  lua_setfield(lua, LUA_GLOBALSINDEX, "os");

  lua_getfield(lua, LUA_GLOBALSINDEX, "table");
  wrap(lua, lua_gettop(lua), "insert", writing);
  wrap(lua, lua_gettop(lua), "remove", writing);
  lua_pop(lua, 1);

  lua_getfield(lua, LUA_GLOBALSINDEX, "coroutine");
  wrap(lua, lua_gettop(lua), "resume", resume);
  lua_pop(lua, 1);

  wrap(lua, LUA_GLOBALSINDEX, "getmetatable", get_metatable);
}

}  // namespace kevy
