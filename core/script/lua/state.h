// LuaState: one interpreter of Lua 5.1 with what scripts may use, and nothing else: Lua's own
// libraries without files, processes and debugging, with those parts replaced that a hostile script
// could crash or escape by; cjson, cmsgpack, struct and bit; redis.
//
// An error of Lua's is a C++ exception of Lua's own (Dependencies.cmake): it goes through kevy's
// functions called by Lua, whose destructors run, and never beyond run(). kevy's own exceptions
// never go into Lua: see guarded().
//
// One thread at a time. Memory comes from malloc, is counted, and may be bounded.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <lua.hpp>
#include <new>

#include "base/bytes.h"

namespace kevy {

struct LibraryLoad;
struct ScriptRun;

class LuaState {
 public:
  /// `memory_max` is looked at whenever memory is asked for; 0: no bound. Throws std::bad_alloc.
  explicit LuaState(const std::atomic<int64_t>& memory_max);
  ~LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  /// The one that an interpreter, or a coroutine of it, belongs to.
  static LuaState& of(lua_State* lua) noexcept {
    void* owner;
    lua_getallocf(lua, &owner);
    return *static_cast<LuaState*>(owner);
  }

  lua_State* lua() const noexcept { return lua_; }
  size_t memory() const noexcept { return memory_; }
  /// The longest text that a library may make for a script.
  size_t text_max() const noexcept;

  /// Has watch() called every so many instructions from now on.
  void watch_time() noexcept;
  /// Calls `work`, a lua_CFunction with `argument` as a light userdata, with errors caught. False
  /// when there was one: then the error stands on the stack's top, as the error handler has made
  /// it: a table, whose field "err" is text, or whatever else when memory ran out. drop() is to
  /// follow.
  bool run(lua_CFunction work, void* argument) noexcept;
  /// Empties the stack.
  void drop() noexcept { lua_settop(lua_, kKept); }

  /// What is being run at this time; nullptr: libraries are being loaded, or nothing.
  ScriptRun* running = nullptr;
  /// The library that is being loaded, until this moment at most (of Clock::monotonic_us).
  LibraryLoad* loading = nullptr;
  int64_t loading_until_us = 0;
  /// Whether what is being run is to end, whatever it would catch: see watch_script(). Cleared by
  /// watch_time().
  bool ending = false;
  /// Whether the system had no memory for something since this was cleared.
  bool starved = false;
  /// The generator of math.random, which begins as lrand48() does.
  uint64_t random = 0x1234abcd330e;
  void seed(uint32_t value) noexcept { random = uint64_t{value} << 16 | 0x330e; }

  // References of the registry.
  int globals =
      LUA_NOREF;  // the table of the global names, which scripts see through a protected one
  int function_environment = LUA_NOREF;  // the protected table of names that functions see
  int function_names = LUA_NOREF;        // the metatable that says which they are
  int function_globals = LUA_NOREF;
  int load_globals = LUA_NOREF;  // those while a library is loaded
  int runner_reference = LUA_NOREF;
  int error_handler_reference = LUA_NOREF;

 private:
  void make_room() noexcept;
  static void* allocate(void* owner, void* block, size_t old_size, size_t size) noexcept;

  static constexpr int kKept =
      2;  // what lies at the stack's bottom: the runner and the error handler

  const std::atomic<int64_t>& memory_max_;
  size_t memory_ = 0;
  lua_State* lua_;
};

/// A function for Lua that calls one of kevy's, which may run out of memory.
template <lua_CFunction kFunction>
int guarded(lua_State* lua) {
  try {
    return kFunction(lua);
  } catch (const std::bad_alloc&) {
    LuaState::of(lua).starved = true;
  }
  return luaL_error(lua, "not enough memory");
}

inline void push(lua_State* lua, Bytes text) { lua_pushlstring(lua, text.data(), text.size()); }

/// The string at `index`, good for as long as it stands there. Numbers do not count.
inline Bytes text_at(lua_State* lua, int index) {
  size_t size;
  const char* text = lua_tolstring(lua, index, &size);
  return {text, size};
}

inline Bytes check_text(lua_State* lua, int index) {
  size_t size;
  const char* text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

/// Takes a value out of the registry that luaL_ref has put there, if it has. luaL_unref notes the free
/// number in the table, which may take memory, and is therefore no function for here; so may a number
/// that is not there.
inline void drop_reference(lua_State* lua, int reference) noexcept {
  if (reference < 0) return;  // LUA_NOREF, LUA_REFNIL
  lua_pushnil(lua);
  lua_rawseti(lua, LUA_REGISTRYINDEX, reference);
}

/// Parses the text of a chunk and leaves its function on the stack. Bytecode is text like any
/// other, and the collector rests meanwhile. Otherwise a message stands there, and this is false.
bool load_chunk(lua_State* lua, Bytes source, const char* name);

}  // namespace kevy
