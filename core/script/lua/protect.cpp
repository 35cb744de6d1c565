#include "script/lua/protect.h"

namespace kevy {

namespace {

// The key under which a protected table's metatable has the one behind it. No script can make a
// light userdata of this address.
const char kBehind = 0;

constexpr const char* kReadonly = "Attempt to modify a readonly table";

void push_key(lua_State* lua) { lua_pushlightuserdata(lua, const_cast<char*>(&kBehind)); }

int refuse(lua_State* lua) { return luaL_error(lua, kReadonly); }

}  // namespace

void protect(lua_State* lua) {
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse);
  lua_setfield(lua, -2, "__newindex");
  push_key(lua);
  lua_pushvalue(lua, -4);
  lua_rawset(lua, -3);
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

bool push_protected(lua_State* lua, int index) {
  if (!lua_istable(lua, index) || lua_getmetatable(lua, index) == 0) return false;
  push_key(lua);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
  if (lua_istable(lua, -1)) return true;
  lua_pop(lua, 1);
  return false;
}

void refuse_protected(lua_State* lua, int index) {
  if (!push_protected(lua, index)) return;
  lua_pushstring(lua, kReadonly);
  lua_error(lua);
}

}  // namespace kevy
