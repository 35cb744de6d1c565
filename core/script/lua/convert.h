// Values of Lua and replies of commands, one turned into the other by way of a tape.
#pragma once

#include <lua.hpp>

#include "base/bytes.h"
#include "script/lua/value_tape.h"

namespace kevy {

/// Pushes the reply on a tape as scripts see it. In version 2: integers as numbers, bulk strings as
/// strings, null as false, a status as a table with "ok", an error as one with "err", arrays as
/// tables. In version 3 also null as nil, booleans, and tables with "map", "set", "double",
/// "big_number" or "verbatim_string".
void push_reply(lua_State* lua, const ValueTape& tape);

/// Writes the value on the stack's top as the reply that it means, and pops it. The tape is one of
/// version 3, which keeps all kinds apart; `protocol` is what the script has chosen.
void write_value(lua_State* lua, ValueTape& tape, int protocol);

/// Pushes a table with a text under one name.
void push_field(lua_State* lua, const char* name, Bytes text);

/// Pushes an error as commands' errors are: its text is under "err".
void push_error(lua_State* lua, Bytes text);

/// A number cut to an integer, as the reply of a script has it.
int64_t integer_of(lua_Number number) noexcept;

}  // namespace kevy
