// cjson: JSON for scripts. What its two halves share.
#pragma once

#include <lua.hpp>

namespace kevy {

/// How one copy of the library does its work: the upvalue of each of its functions.
struct JsonSettings {
  int encode_depth_max = 1000;
  int decode_depth_max = 1000;
  int number_precision = 14;
  bool keep_buffer = true;         // has no meaning here
  int encode_invalid_numbers = 0;  // 0: an error, 1: as they are, 2: null
  bool decode_invalid_numbers = true;
  bool sparse_convert = false;
  int sparse_ratio = 2;
  int sparse_safe = 10;

  static JsonSettings& of(lua_State* lua) {
    return *static_cast<JsonSettings*>(lua_touserdata(lua, lua_upvalueindex(1)));
  }
};

int json_encode(lua_State* lua);
int json_decode(lua_State* lua);

}  // namespace kevy
