// What is replaced of Lua's string library: its matcher calls itself once for each repetition in a
// pattern, without a bound, so that a long one is the end of the thread's stack.
#include "script/libraries/libraries.h"
#include "script/lua/state.h"

namespace kevy {

namespace {

constexpr size_t kRepetitionsMax = 2000;

int original(lua_State* lua) { return lua_tocfunction(lua, lua_upvalueindex(1))(lua); }

int matching(lua_State* lua) {
  if (lua_isstring(lua, 2) != 0) {
    size_t repetitions = 0;
    for (const char c : text_at(lua, 2)) {
      repetitions += c == '?' || c == '*' || c == '+' || c == '-' || c == '(' || c == ')';
    }
    if (repetitions > kRepetitionsMax) return luaL_error(lua, "pattern too complex");
  }
  return original(lua);
}

// Nothing, however often, takes no time.
int repeat(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TSTRING && lua_objlen(lua, 1) == 0 && lua_isnumber(lua, 2) != 0) {
    lua_pushliteral(lua, "");
    return 1;
  }
  return original(lua);
}

void wrap(lua_State* lua, const char* name, lua_CFunction function) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

}  // namespace

void replace_string(lua_State* lua) {
  lua_getfield(lua, LUA_GLOBALSINDEX, LUA_STRLIBNAME);
  for (const char* name : {"find", "match", "gmatch", "gfind", "gsub"}) wrap(lua, name, matching);
  wrap(lua, "rep", repeat);
  lua_pop(lua, 1);
}

}  // namespace kevy
