// Protected tables: what scripts see instead of the tables that all scripts share. Such a table is
// empty and finds what it is asked for in the one behind it; to write to it is an error. What would
// go past that (rawset, next, setmetatable, ...) is replaced by functions that know protected
// tables.
#pragma once

#include <lua.hpp>

namespace kevy {

/// Replaces the table on the stack's top by a protected one with that behind it.
void protect(lua_State* lua);

/// If the value at `index` is a protected table, pushes the one behind it.
bool push_protected(lua_State* lua, int index);

/// Raises the error if the value at `index` is a protected table.
void refuse_protected(lua_State* lua, int index);

}  // namespace kevy
