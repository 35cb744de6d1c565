// ScriptRun: one script, or one function, while it runs: for whom, with which permissions, and the
// commands it calls. Made on the stack of EVAL's handler; the shards are all held.
#pragma once

#include <string>
#include <vector>

#include "runtime/dispatch/call.h"
#include "script/lua/value_tape.h"

namespace kevy {

struct ScriptRun {
  Call& call;        // of EVAL, FCALL and their like
  Session& session;  // whose database and protocol the script's commands see
  ValueTape& tape;   // for the replies of its commands
  bool read_only = false;
  int protocol = 2;      // of the replies that the script gets
  Bytes name = {};       // of a function
  int64_t since_us = 0;  // when it began, and when others were served last: of Clock::monotonic_us
  int64_t served_us = 0;
  bool logged = true;  // whether what it changes is

  /// Runs a command of the script. Its reply, or what is wrong with it, is on the tape. Throws
  /// std::bad_alloc, and nothing else.
  void execute(Args words);
};

}  // namespace kevy
