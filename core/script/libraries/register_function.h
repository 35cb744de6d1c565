// redis.register_function: what a library does while it is loaded.
#pragma once

#include <lua.hpp>
#include <string>
#include <vector>

#include "script/functions.h"

namespace kevy {

/// A library that is being loaded.
struct LibraryLoad {
  Bytes code;  // from the end of its first line on
  std::vector<ScriptFunction> functions;
  std::vector<int> references;  // what forget() is to give back
  std::string wrong;

  /// Gives the functions of a library that did not come about back to the interpreter.
  void forget(lua_State* lua) noexcept;
};

/// Makes what functions see in place of the names of scripts. The table of scripts' names is done.
void open_function_globals(lua_State* lua);

/// Runs the library's code, with the little that it may use meanwhile.
void run_library(LuaState& state, LibraryLoad& load);

}  // namespace kevy
