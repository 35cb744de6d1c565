// What is replaced of Lua's math library: chance, which is the interpreter's own, and the same in
// each.
#include <cmath>

#include "script/libraries/libraries.h"
#include "script/lua/state.h"

namespace kevy {

namespace {

constexpr lua_Number kRandomMax = INT32_MAX;

// The generator of lrand48(), with a state of the interpreter's own.
lua_Number draw(LuaState& state) {
  state.random = (state.random * 0x5deece66d + 0xb) & ((uint64_t{1} << 48) - 1);
  const auto number = static_cast<uint32_t>(state.random >> 17);
  return static_cast<lua_Number>(number % INT32_MAX) / kRandomMax;
}

int random(lua_State* lua) {
  const lua_Number chance = draw(LuaState::of(lua));
  const int given = lua_gettop(lua);
  if (given == 0) {
    lua_pushnumber(lua, chance);
    return 1;
  }
  if (given > 2) return luaL_error(lua, "wrong number of arguments");
  const int first = given == 1 ? 1 : luaL_checkint(lua, 1);
  const int last = luaL_checkint(lua, given);
  luaL_argcheck(lua, first <= last, given, "interval is empty");
  const lua_Number width = static_cast<lua_Number>(last) - first + 1;
  lua_pushnumber(lua, std::floor(chance * width) + first);
  return 1;
}

int random_seed(lua_State* lua) {
  LuaState::of(lua).seed(static_cast<uint32_t>(luaL_checkint(lua, 1)));
  return 0;
}

constexpr luaL_Reg kFunctions[] = {{"random", random}, {"randomseed", random_seed}};

}  // namespace

void replace_math(lua_State* lua) {
  lua_getfield(lua, LUA_GLOBALSINDEX, LUA_MATHLIBNAME);
  add_functions(lua, kFunctions);
  lua_pop(lua, 1);
}

}  // namespace kevy
