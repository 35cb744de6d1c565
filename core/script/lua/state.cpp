#include "script/lua/state.h"

#include <cstdlib>

#include "script/libraries/libraries.h"
#include "script/libraries/register_function.h"
#include "script/lua/protect.h"
#include "script/watch.h"

namespace kevy {

namespace {

// Runs what run() was given: its function and argument are on the stack.
int runner(lua_State* lua) {
  const auto work = reinterpret_cast<lua_CFunction>(lua_touserdata(lua, 1));
  return work(lua);
}

int collect(lua_State* lua) {
  lua_gc(lua, LUA_GCCOLLECT, 0);
  return 0;
}

// Makes a table of an error, with the place where it was raised.
int handle_error(lua_State* lua) {
  lua_Debug where;
  bool known = lua_getstack(lua, 1, &where) != 0 && lua_getinfo(lua, "Sl", &where) != 0;
  if (known && *where.what == 'C') {
    known = lua_getstack(lua, 2, &where) != 0 && lua_getinfo(lua, "Sl", &where) != 0;
  }
  lua_settop(lua, 1);
  if (!lua_istable(lua, 1)) {
    const char* text = lua_tostring(lua, 1);
    if (text == nullptr) {
      text = lua_isnil(lua, 1)            ? "nil"
             : lua_toboolean(lua, 1) != 0 ? "true"
                                          : luaL_typename(lua, 1);
    }
    lua_pushfstring(lua, "ERR %s", text);
    lua_newtable(lua);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
  }
  if (known) {
    lua_pushstring(lua, where.source);
    lua_setfield(lua, 1, "source");
    lua_pushinteger(lua, where.currentline);
    lua_setfield(lua, 1, "line");
  }
  return 1;
}

void set_protected(lua_State* lua, const char* name) {
  protect(lua);
  lua_setfield(lua, LUA_GLOBALSINDEX, name);
}

int missing_global(lua_State* lua) {
  const char* name = lua_tostring(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                    name == nullptr ? luaL_typename(lua, 2) : name);
}

void open_library(lua_State* lua, lua_CFunction open, const char* name) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

// Only what lua_cpcall calls may raise errors.
int open_all(lua_State* lua) {
  LuaState& state = LuaState::of(lua);
  open_library(lua, luaopen_base, "");
  open_library(lua, luaopen_table, LUA_TABLIBNAME);
  open_library(lua, luaopen_string, LUA_STRLIBNAME);
  open_library(lua, luaopen_math, LUA_MATHLIBNAME);
  replace_math(lua);
  replace_string(lua);
  replace_base(lua);
  // What require would know of is out of reach, but no table is shared unprotected.
  for (const char* name : {LUA_TABLIBNAME, LUA_STRLIBNAME, LUA_MATHLIBNAME, "coroutine", "os"}) {
    lua_getfield(lua, LUA_GLOBALSINDEX, name);
    set_protected(lua, name);
  }
  open_bit(lua);
  set_protected(lua, "bit");
  open_cjson(lua);
  set_protected(lua, "cjson");
  open_cmsgpack(lua);
  set_protected(lua, "cmsgpack");
  open_struct(lua);
  set_protected(lua, "struct");
  open_redis(lua);
  protect(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, LUA_GLOBALSINDEX, "redis");
  lua_setfield(lua, LUA_GLOBALSINDEX, "server");

  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_newtable(lua);
  lua_pushcfunction(lua, missing_global);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  state.globals = luaL_ref(lua, LUA_REGISTRYINDEX);
  protect(lua);
  lua_pushvalue(lua, -1);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, state.globals);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "_G");
  lua_pop(lua, 1);
  lua_replace(lua, LUA_GLOBALSINDEX);
  open_function_globals(lua);
  lua_pushcfunction(lua, runner);
  state.runner_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
  lua_pushcfunction(lua, handle_error);
  state.error_handler_reference = luaL_ref(lua, LUA_REGISTRYINDEX);
  return 0;
}

struct Source {
  Bytes parts[2];
  size_t next = 0;
};

const char* read_source(lua_State*, void* source, size_t* size) {
  auto& from = *static_cast<Source*>(source);
  while (from.next < 2) {
    const Bytes part = from.parts[from.next++];
    if (part.empty()) continue;
    *size = part.size();
    return part.data();
  }
  return nullptr;
}

}  // namespace

LuaState::LuaState(const std::atomic<int64_t>& memory_max)
    : memory_max_(memory_max), lua_(lua_newstate(&LuaState::allocate, this)) {
  if (lua_ == nullptr) throw std::bad_alloc();
  if (lua_cpcall(lua_, open_all, nullptr) != 0) {
    lua_close(lua_);
    throw std::bad_alloc();
  }
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, runner_reference);
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, error_handler_reference);
}

LuaState::~LuaState() { lua_close(lua_); }

void* LuaState::allocate(void* owner, void* block, size_t old_size, size_t size) noexcept {
  LuaState& state = *static_cast<LuaState*>(owner);
  if (size == 0) {
    std::free(block);
    state.memory_ -= old_size;
    return nullptr;
  }
  if (size > old_size) {
    const int64_t max = state.memory_max_.load(std::memory_order_relaxed);
    if (max > 0 && state.memory_ + (size - old_size) > static_cast<size_t>(max)) return nullptr;
  }
  void* const moved = std::realloc(block, size);
  // Lua counts on it that a block can be made smaller.
  if (moved == nullptr && size > old_size) {
    state.starved = true;
    return nullptr;
  }
  state.memory_ += size - old_size;
  return moved == nullptr ? block : moved;
}

void LuaState::watch_time() noexcept {
  constexpr int kInstructions = 100'000;  // about a millisecond
  ending = false;
  lua_sethook(lua_, watch_script, LUA_MASKCOUNT, kInstructions);
}

size_t LuaState::text_max() const noexcept {
  constexpr size_t kMax = size_t{512} << 20;
  const int64_t limit = memory_max_.load(std::memory_order_relaxed);
  return limit > 0 && static_cast<size_t>(limit) < kMax ? static_cast<size_t>(limit) : kMax;
}

// A bound is for what lives, not for what could be collected.
void LuaState::make_room() noexcept {
  const int64_t max = memory_max_.load(std::memory_order_relaxed);
  if (max <= 0 || memory_ <= static_cast<size_t>(max) / 2) return;
  lua_pushvalue(lua_, 1);
  lua_pushlightuserdata(lua_, reinterpret_cast<void*>(collect));
  lua_pcall(lua_, 1, 0, 0);
  lua_settop(lua_, kKept);
}

bool LuaState::run(lua_CFunction work, void* argument) noexcept {
  make_room();
  lua_pushvalue(lua_, 1);
  lua_pushlightuserdata(lua_, reinterpret_cast<void*>(work));
  lua_pushlightuserdata(lua_, argument);
  return lua_pcall(lua_, 2, LUA_MULTRET, 2) == 0;
}

bool load_chunk(lua_State* lua, Bytes source, const char* name) {
  Source from{{" ", source}};
  if (source.empty() || source[0] != *LUA_SIGNATURE) from.next = 1;
  lua_gc(lua, LUA_GCSTOP, 0);
  const int status = lua_load(lua, read_source, &from, name);
  lua_gc(lua, LUA_GCRESTART, 0);
  return status == 0;
}

}  // namespace kevy
