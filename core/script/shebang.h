// The first line of a script, when that begins with "#!": the language, and what the script
// promises.
#pragma once

#include <string>

#include "base/bytes.h"

namespace kevy {

enum ScriptFlag : uint32_t {
  kScriptNoWrites = 1u << 0,
  kScriptAllowOom = 1u << 1,
  kScriptAllowStale = 1u << 2,
  kScriptNoCluster = 1u << 3,
  kScriptAllowCrossSlotKeys = 1u << 4,
  kScriptHasShebang = 1u << 5,
};

struct Shebang {
  uint32_t flags = 0;
  std::string name;   // of a library
  Bytes code;         // what follows, from the end of the line on, so that lines keep their numbers
  std::string wrong;  // the error, if there is one
};

/// The flag of a name; 0 when there is none.
uint32_t script_flag(Bytes name) noexcept;

/// For a script: its flags, or none where it has no such line.
Shebang read_script_shebang(Bytes source);
/// Letters, digits and underscores, one at least.
bool is_library_name(Bytes name) noexcept;
/// For a library, which needs the line, and a name in it.
Shebang read_library_shebang(Bytes source);

}  // namespace kevy
