#include "script/run.h"

#include "runtime/dispatch/full_name.h"

namespace kevy {

void ScriptRun::execute(Args words) {
  Runtime& runtime = call.runtime;
  tape.begin(protocol);
  const CommandRow* row = runtime.table().find(words);
  if (row == nullptr) {
    tape.error("ERR Unknown command called from script");
    return;
  }
  if (row->handler == nullptr && words.size() > 1) {
    tape.error(unknown_subcommand(*row, words[1]));
    return;
  }
  if (row->handler == nullptr || !row->accepts(words.size())) {
    tape.error("ERR Wrong number of args calling command from script");
    return;
  }
  if (row->has(kNoScript)) {
    tape.error("ERR This Valkey command is not allowed from script");
    return;
  }
  if (read_only && row->has(kWrite | kMayReplicate)) {
    tape.error("ERR Write commands are not allowed from read-only scripts.");
    return;
  }
  if (row->has(kWrite) && !runtime.script_status().note_write()) {
    tape.error(runtime.script_status().killed_text());
    return;
  }
  if (std::string why; row->has(kWrite) && runtime.refuses_writes(why)) {
    tape.error(why);
    return;
  }
  session.protocol = protocol;
  runtime.run_nested(call, session, *row, words, tape, logged);
}

}  // namespace kevy
