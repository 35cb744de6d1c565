// What happens beside a script that runs for long: it becomes busy, it is ended, others are served.
#pragma once

#include <lua.hpp>

namespace kevy {

/// The interpreter's hook: called again and again while a script runs, or a library is loaded.
void watch_script(lua_State* lua, lua_Debug* where);

}  // namespace kevy
