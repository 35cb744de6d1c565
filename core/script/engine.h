// ScriptEngine: the scripts of an instance: the interpreter, made for the first script; the cache
// of those that were sent, by the SHA-1 of their text; and how one is run.
//
// A script can reach any key, whatever keys it was given, so all shards are held while one runs,
// and while anything here is used: whoever holds them all owns the engine. So there is one
// interpreter, as there never are two scripts at once.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sha1.h"
#include "runtime/dispatch/call.h"
#include "runtime/persistence/library_codes.h"
#include "script/functions.h"
#include "script/lua/value_tape.h"
#include "store/table/name_table.h"

namespace kevy {

class LuaState;
struct ScriptRun;

class ScriptEngine final : public LibraryCodes {
 public:
  explicit ScriptEngine(Runtime& runtime);
  ~ScriptEngine() override;
  ScriptEngine(const ScriptEngine&) = delete;
  ScriptEngine& operator=(const ScriptEngine&) = delete;

  /// EVAL and EVAL_RO: the script is argument 1.
  void eval(Call& call, bool read_only);
  /// EVALSHA and EVALSHA_RO: argument 1 is what load() gave.
  void eval_sha(Call& call, bool read_only);

  /// Compiles a script, which stays until flush(), and answers its SHA-1, or what is wrong with it.
  void load(Call& call, Bytes source);
  /// The text of a script, or nullptr.
  const std::string* find(Bytes sha1) const noexcept;
  /// Forgets all scripts.
  void flush();

  /// FCALL and FCALL_RO: the function is argument 1.
  void call_function(Call& call, bool read_only);
  void load_library(Call& call, Bytes code, bool replace);
  void restore_libraries(Call& call, const RestoredLibraries& restored,
                         FunctionLibraries::Meeting meeting);
  void delete_library(Call& call, Bytes name);
  void flush_libraries();
  const FunctionLibraries& libraries() const noexcept { return libraries_; }
  std::vector<std::string> library_codes() const override { return libraries_.codes(); }

  // Without any shard.
  /// SCRIPT KILL and FUNCTION KILL.
  void kill(Call& call, bool function);
  /// FUNCTION STATS.
  void reply_stats(Call& call);
  /// By the script's own thread, when it has run for long: what FUNCTION STATS is to tell of it.
  void show_running(const ScriptRun* run);

 private:
  struct Script {
    std::string source;
    uint32_t flags = 0;
    int function = 0;                      // in the interpreter's registry
    std::list<std::string>::iterator use;  // in sent_, of those that may be forgotten
    bool kept = false;                     // by SCRIPT LOAD
  };
  // Of those that EVAL has sent, no more are kept, as in Valkey.
  static constexpr size_t kSentMax = 500;

  /// What FUNCTION STATS tells of a function that has run for long.
  struct Shown {
    std::string name;
    std::vector<std::string> command;
    int64_t since_us = 0;
  };

  LuaState& state();
  void count();
  Script* find_any_case(Bytes sha1) const noexcept;
  /// Makes a script; nullptr, and the error is answered, if it is wrong.
  Script* make(Call& call, Bytes sha1, Bytes source);
  bool compile(Call& call, Bytes code, int& function);
  void forget(Bytes sha1);
  void run(Call& call, Script& script, size_t keys, bool read_only);

  Runtime& runtime_;
  std::unique_ptr<LuaState> state_;
  NameTable<Script> scripts_;
  size_t cached_bytes_ = 0;
  std::list<std::string> sent_;  // that may be forgotten, the one used last at the end
  FunctionLibraries libraries_;
  ValueTape replies_;  // of the commands that a script calls
  ValueTape result_;   // of a script

  Lock shown_lock_;  // guards what follows
  std::optional<Shown> shown_;
};

}  // namespace kevy
