// How a script, or a function of a library, is called: with its keys and arguments, as the
// session's command, and what it returns as the reply.
#pragma once

#include "runtime/dispatch/call.h"
#include "script/lua/state.h"
#include "script/lua/value_tape.h"

namespace kevy {

struct Invocation {
  int function;  // in the registry
  ScriptStatus::Kind kind;
  Bytes name;   // of a function
  size_t keys;  // how many of the arguments from the third on are keys
  bool read_only;
  ValueTape& replies;  // for its commands
  ValueTape& result;   // for what it returns
};

/// Runs it and answers. All shards are held.
void invoke(LuaState& state, Call& call, const Invocation& invocation);

}  // namespace kevy
