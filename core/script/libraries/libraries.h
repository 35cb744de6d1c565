// The libraries that scripts have besides Lua's own. Each function makes its table and leaves it on
// the stack. All of them are kevy's own, bounded against whatever a script hands them.
#pragma once

#include <lua.hpp>

namespace kevy {

void open_bit(lua_State* lua);
void open_cjson(lua_State* lua);
void open_cmsgpack(lua_State* lua);
void open_struct(lua_State* lua);
/// What is called redis, and server.
void open_redis(lua_State* lua);

// Parts of Lua's own that are replaced, in the tables that Lua has made.
void replace_base(lua_State* lua);
void replace_string(lua_State* lua);
void replace_math(lua_State* lua);

/// Puts functions into the table on the stack's top.
template <size_t N>
void add_functions(lua_State* lua, const luaL_Reg (&functions)[N]) {
  for (const luaL_Reg& function : functions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
}

}  // namespace kevy
