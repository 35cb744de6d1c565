// FunctionLibraries: what FUNCTION LOAD has brought: libraries of functions that FCALL calls by
// name, whatever the case of its letters. Whoever holds all shards owns them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/dispatch/call.h"
#include "runtime/persistence/value_payload.h"
#include "store/table/name_table.h"

namespace kevy {

class LuaState;

struct ScriptFunction {
  static std::string key_of(Bytes name);

  std::string name;
  std::string key;  // the name in small letters
  std::optional<std::string> description;
  uint32_t flags = 0;  // ScriptFlag
  int function = 0;    // in the interpreter's registry
};

class FunctionLibraries {
 public:
  /// Runs a library's code, takes over the functions that it registers, and answers its name; or
  /// answers what is wrong, and nothing has changed.
  void load(Call& call, LuaState& state, Bytes code, bool replace);
  /// How libraries that are restored meet those that are there.
  enum class Meeting : uint8_t {
    kAppend,   // none may have the name of one of these
    kReplace,  // those with their names go
    kFlush,    // all go
  };
  /// Takes over all the libraries of a payload, or answers what is wrong, and nothing has changed.
  void restore(Call& call, LuaState& state, const RestoredLibraries& restored, Meeting meeting);
  /// Answers whether there was one.
  void remove(Call& call, LuaState& state, Bytes name);
  void flush(LuaState* state) noexcept;
  /// Answers those whose names match the pattern.
  void list(Call& call, Bytes pattern, bool with_code) const;

  const ScriptFunction* find(Bytes name) const;
  /// The code of each library.
  std::vector<std::string> codes() const;
  size_t library_count() const noexcept { return libraries_.size(); }
  size_t function_count() const noexcept { return functions_.size(); }
  /// What the code and the names take, about.
  size_t memory() const noexcept { return memory_; }

 private:
  struct Library {
    std::string code;
    std::vector<ScriptFunction> functions;
  };
  using Libraries = std::map<std::string, Library>;
  class Made;

  bool has_room_for(Call& call, const Libraries& fresh,
                    const std::vector<Libraries::iterator>& going) const;
  void put(LuaState& state, Libraries& fresh, const std::vector<Libraries::iterator>& going);
  void drop(LuaState& state, Libraries::iterator library) noexcept;
  void measure() noexcept;

  size_t memory_ = 0;
  Libraries libraries_;
  NameTable<const ScriptFunction*> functions_;  // by their keys
};

}  // namespace kevy
