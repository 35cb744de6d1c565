#include "script/libraries/cjson.h"

#include <climits>
#include <new>

#include "script/libraries/libraries.h"
#include "script/lua/state.h"

namespace kevy {

namespace {

// Settings are asked for and set by the same function: nil leaves them as they are.
JsonSettings& settings_for(lua_State* lua, int arguments) {
  luaL_argcheck(lua, lua_gettop(lua) <= arguments, arguments + 1, "found too many arguments");
  lua_settop(lua, arguments);
  return JsonSettings::of(lua);
}

void integer_setting(lua_State* lua, int index, int& value, int min, int max) {
  if (!lua_isnil(lua, index)) {
    const lua_Integer wanted = luaL_checkinteger(lua, index);
    if (wanted < min || wanted > max) {
      lua_pushfstring(lua, "expected integer between %d and %d", min, max);
      luaL_argerror(lua, 1, lua_tostring(lua, -1));
    }
    value = static_cast<int>(wanted);
  }
  lua_pushinteger(lua, value);
}

void choice_setting(lua_State* lua, int index, int& value, const char* const* names) {
  if (lua_isboolean(lua, index)) {
    value = lua_toboolean(lua, index);
  } else if (!lua_isnil(lua, index)) {
    value = luaL_checkoption(lua, index, nullptr, names);
  }
  if (value <= 1) {
    lua_pushboolean(lua, value);
  } else {
    lua_pushstring(lua, names[value]);
  }
}

constexpr const char* kOffOn[] = {"off", "on", nullptr};
constexpr const char* kOffOnNull[] = {"off", "on", "null", nullptr};

void switch_setting(lua_State* lua, int index, bool& value) {
  int choice = value ? 1 : 0;
  choice_setting(lua, index, choice, kOffOn);
  value = choice != 0;
}

int encode_max_depth(lua_State* lua) {
  integer_setting(lua, 1, settings_for(lua, 1).encode_depth_max, 1, INT_MAX);
  return 1;
}
int decode_max_depth(lua_State* lua) {
  integer_setting(lua, 1, settings_for(lua, 1).decode_depth_max, 1, INT_MAX);
  return 1;
}
int encode_number_precision(lua_State* lua) {
  integer_setting(lua, 1, settings_for(lua, 1).number_precision, 1, 14);
  return 1;
}
int encode_keep_buffer(lua_State* lua) {
  switch_setting(lua, 1, settings_for(lua, 1).keep_buffer);
  return 1;
}
int encode_invalid_numbers(lua_State* lua) {
  choice_setting(lua, 1, settings_for(lua, 1).encode_invalid_numbers, kOffOnNull);
  return 1;
}
int decode_invalid_numbers(lua_State* lua) {
  switch_setting(lua, 1, settings_for(lua, 1).decode_invalid_numbers);
  return 1;
}
int encode_sparse_array(lua_State* lua) {
  JsonSettings& settings = settings_for(lua, 3);
  switch_setting(lua, 1, settings.sparse_convert);
  integer_setting(lua, 2, settings.sparse_ratio, 0, INT_MAX);
  integer_setting(lua, 3, settings.sparse_safe, 0, INT_MAX);
  return 3;
}

int make_another(lua_State* lua) {
  open_cjson(lua);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"encode", guarded<json_encode>},
    {"decode", guarded<json_decode>},
    {"encode_sparse_array", encode_sparse_array},
    {"encode_max_depth", encode_max_depth},
    {"decode_max_depth", decode_max_depth},
    {"encode_number_precision", encode_number_precision},
    {"encode_keep_buffer", encode_keep_buffer},
    {"encode_invalid_numbers", encode_invalid_numbers},
    {"decode_invalid_numbers", decode_invalid_numbers},
    {"new", make_another},
};

}  // namespace

void open_cjson(lua_State* lua) {
  lua_newtable(lua);
  new (lua_newuserdata(lua, sizeof(JsonSettings))) JsonSettings;
  for (const luaL_Reg& function : kFunctions) {
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, function.func, 1);
    lua_setfield(lua, -3, function.name);
  }
  lua_pop(lua, 1);
  lua_pushlightuserdata(lua, nullptr);
  lua_setfield(lua, -2, "null");
  lua_pushliteral(lua, "cjson");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "2.1.0");
  lua_setfield(lua, -2, "_VERSION");
}

}  // namespace kevy
