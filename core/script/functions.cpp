#include "script/functions.h"

#include <algorithm>
#include <list>
#include <set>

#include "base/glob.h"
#include "script/libraries/register_function.h"
#include "script/lua/state.h"
#include "script/shebang.h"

namespace kevy {

namespace {

struct FlagName {
  uint32_t flag;
  Bytes name;
};

constexpr FlagName kFlagNames[] = {
    {kScriptNoWrites, "no-writes"},
    {kScriptAllowOom, "allow-oom"},
    {kScriptAllowStale, "allow-stale"},
    {kScriptNoCluster, "no-cluster"},
    {kScriptAllowCrossSlotKeys, "allow-cross-slot-keys"},
};

void reply_flags(Reply& reply, uint32_t flags) {
  reply.set(static_cast<size_t>(__builtin_popcount(flags)));
  for (const FlagName& known : kFlagNames) {
    if ((flags & known.flag) != 0) reply.status(known.name);
  }
}

void reply_function(Reply& reply, const ScriptFunction& function) {
  reply.map(3);
  reply.bulk("name");
  reply.bulk(function.name);
  reply.bulk("description");
  if (function.description) {
    reply.bulk(*function.description);
  } else {
    reply.null();
  }
  reply.bulk("flags");
  reply_flags(reply, function.flags);
}

Bytes wrong_behind_codes(RestoredLibraries::Outcome outcome) noexcept {
  switch (outcome) {
    case RestoredLibraries::Outcome::kNoFunction:
      return "ERR given type is not a function";
    case RestoredLibraries::Outcome::kPreRelease:
      return "ERR Pre-GA function format not supported";
    case RestoredLibraries::Outcome::kCutOff:
      return "ERR Failed loading library payload";
    default:
      return {};
  }
}

// The payload in kevy's own form, which has the lowest version, since others may read the log.
void log_restored(Call& call, const std::vector<std::string>& codes) {
  if (!call.logged()) return;
  const std::string payload = call.runtime.payload()->payload_of(codes);
  std::vector<Bytes> words(call.args.begin(), call.args.end());
  words[2] = payload;
  call.effect(words);
}

}  // namespace

std::string ScriptFunction::key_of(Bytes name) {
  std::string small(name);
  for (char& c : small) c = ascii_lower(c);
  return small;
}

const ScriptFunction* FunctionLibraries::find(Bytes name) const {
  const ScriptFunction** found = functions_.find(ScriptFunction::key_of(name));
  return found == nullptr ? nullptr : *found;
}

/// Libraries that have been loaded, and are not among the others yet. Their functions are given
/// back to the interpreter unless they are taken over.
class FunctionLibraries::Made {
 public:
  explicit Made(LuaState& state) noexcept : state_(state) {}
  ~Made() {
    for (LibraryLoad& work : loads_) work.forget(state_.lua());
  }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;

  /// What is wrong, or nothing.
  std::string add(const Shebang& shebang, Bytes code);
  Libraries& libraries() noexcept { return libraries_; }
  void taken_over() noexcept { loads_.clear(); }

 private:
  static std::string wrong_in(const std::vector<ScriptFunction>& functions);

  LuaState& state_;
  std::list<LibraryLoad> loads_;
  Libraries libraries_;
  std::set<std::string> names_;  // of their functions
};

std::string FunctionLibraries::Made::wrong_in(const std::vector<ScriptFunction>& functions) {
  if (functions.empty()) return "ERR No functions registered";
  std::vector<std::string> names;
  for (const ScriptFunction& function : functions) {
    if (!is_library_name(function.name)) {
      return "ERR Function names can only contain letters, numbers, or underscores(_) and must be "
             "at "
             "least one character long";
    }
    names.push_back(function.key);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) == names.end()) return {};
  return "ERR Function already exists in the library";
}

std::string FunctionLibraries::Made::add(const Shebang& shebang, Bytes code) {
  LibraryLoad& work = loads_.emplace_back(LibraryLoad{shebang.code, {}, {}, {}});
  run_library(state_, work);
  if (!work.wrong.empty()) return work.wrong;
  if (std::string wrong = wrong_in(work.functions); !wrong.empty()) return wrong;
  for (const ScriptFunction& function : work.functions) {
    if (!names_.insert(function.key).second)
      return "ERR Function " + function.name + " already exists";
  }
  libraries_.emplace(shebang.name, Library{std::string(code), std::move(work.functions)});
  return {};
}

// Whether the functions may have the names they want beside those of libraries that stay.
bool FunctionLibraries::has_room_for(Call& call, const Libraries& fresh,
                                     const std::vector<Libraries::iterator>& going) const {
  for (const auto& [name, library] : fresh) {
    for (const ScriptFunction& function : library.functions) {
      const ScriptFunction* const other = find(function.name);
      if (other == nullptr) continue;
      const bool goes = std::any_of(going.begin(), going.end(), [other](const auto& gone) {
        const std::vector<ScriptFunction>& functions = gone->second.functions;
        return other >= functions.data() && other < functions.data() + functions.size();
      });
      if (goes) continue;
      call.error("ERR Function " + function.name + " already exists");
      return false;
    }
  }
  return true;
}

void FunctionLibraries::load(Call& call, LuaState& state, Bytes code, bool replace) {
  const Shebang shebang = read_library_shebang(code);
  if (!shebang.wrong.empty()) {
    call.error(shebang.wrong);
    return;
  }
  const auto own = libraries_.find(shebang.name);
  if (!replace && own != libraries_.end()) {
    call.error("ERR Library '" + shebang.name + "' already exists");
    return;
  }
  call.runtime.script_status().note_source(code);
  Made made(state);
  if (const std::string wrong = made.add(shebang, code); !wrong.empty()) {
    call.error(wrong);
    return;
  }
  std::vector<Libraries::iterator> going;
  if (own != libraries_.end()) going.push_back(own);
  if (!has_room_for(call, made.libraries(), going)) return;
  put(state, made.libraries(), going);
  made.taken_over();
  call.changed_everything();
  call.reply.bulk(shebang.name);
}

// In place of those that go. All that may find no memory comes first.
void FunctionLibraries::put(LuaState& state, Libraries& fresh,
                            const std::vector<Libraries::iterator>& going) {
  struct Places {  // for the names; those that stay empty go again
    NameTable<const ScriptFunction*>& table;
    const Libraries& libraries;
    ~Places() {
      for (const auto& [name, library] : libraries) {
        for (const ScriptFunction& function : library.functions) {
          const uint64_t hash = table.hash(function.key);
          const ScriptFunction* const* place = table.find(function.key, hash);
          if (place != nullptr && *place == nullptr) table.erase(function.key, hash);
        }
      }
    }
  } const places{functions_, fresh};
  for (const auto& [name, library] : fresh) {
    for (const ScriptFunction& function : library.functions) {
      functions_.find_or_make(function.key, functions_.hash(function.key));
    }
  }
  for (const auto& [name, library] : fresh) {
    for (const ScriptFunction& function : library.functions) {
      *functions_.find(function.key) = &function;
    }
  }
  for (const auto& library : going) drop(state, library);
  libraries_.merge(fresh);
  measure();
}

// A name that another library's function has by now stays.
void FunctionLibraries::drop(LuaState& state, Libraries::iterator library) noexcept {
  for (const ScriptFunction& function : library->second.functions) {
    drop_reference(state.lua(), function.function);
    const uint64_t hash = functions_.hash(function.key);
    const ScriptFunction* const* const place = functions_.find(function.key, hash);
    if (place != nullptr && *place == &function) functions_.erase(function.key, hash);
  }
  libraries_.erase(library);
  measure();
}

void FunctionLibraries::restore(Call& call, LuaState& state, const RestoredLibraries& restored,
                                Meeting meeting) {
  Made made(state);
  for (const std::string& code : restored.codes) {
    const Shebang shebang = read_library_shebang(code);
    std::string wrong = shebang.wrong;
    if (wrong.empty() && made.libraries().contains(shebang.name)) {
      wrong = "ERR Library '" + shebang.name + "' already exists";
    }
    call.runtime.script_status().note_source(code);
    if (wrong.empty()) wrong = made.add(shebang, code);
    if (!wrong.empty()) {
      call.error(wrong);
      return;
    }
  }
  if (const Bytes wrong = wrong_behind_codes(restored.outcome); !wrong.empty()) {
    call.error(wrong);
    return;
  }
  std::vector<Libraries::iterator> going;
  for (auto there = libraries_.begin(); there != libraries_.end(); ++there) {
    const bool again = made.libraries().contains(there->first);
    if (again && meeting == Meeting::kAppend) {
      call.error("ERR Library " + there->first + " already exists");
      return;
    }
    if (again || meeting == Meeting::kFlush) going.push_back(there);
  }
  if (!has_room_for(call, made.libraries(), going)) return;
  log_restored(call, restored.codes);
  put(state, made.libraries(), going);
  made.taken_over();
  call.changed_everything();
  call.reply.ok();
}

void FunctionLibraries::remove(Call& call, LuaState& state, Bytes name) {
  const auto library = libraries_.find(std::string(name));
  if (library == libraries_.end()) {
    call.error("ERR Library not found");
    return;
  }
  drop(state, library);
  call.changed_everything();
  call.reply.ok();
}

void FunctionLibraries::flush(LuaState* state) noexcept {
  while (!libraries_.empty()) drop(*state, libraries_.begin());
}

std::vector<std::string> FunctionLibraries::codes() const {
  std::vector<std::string> codes;
  codes.reserve(libraries_.size());
  for (const auto& [name, library] : libraries_) codes.push_back(library.code);
  return codes;
}

void FunctionLibraries::list(Call& call, Bytes pattern, bool with_code) const {
  std::vector<const std::pair<const std::string, Library>*> shown;
  for (const auto& library : libraries_) {
    if (glob_match(pattern, library.first, true)) shown.push_back(&library);
  }
  call.reply.array(shown.size());
  for (const auto* library : shown) {
    call.reply.map(with_code ? 4 : 3);
    call.reply.bulk("library_name");
    call.reply.bulk(library->first);
    call.reply.bulk("engine");
    call.reply.bulk("LUA");
    call.reply.bulk("functions");
    call.reply.array(library->second.functions.size());
    for (const ScriptFunction& function : library->second.functions) {
      reply_function(call.reply, function);
    }
    if (!with_code) continue;
    call.reply.bulk("library_code");
    call.reply.bulk(library->second.code);
  }
}

void FunctionLibraries::measure() noexcept {
  memory_ = 0;
  for (const auto& [name, library] : libraries_) {
    memory_ += name.size() + library.code.size();
    for (const ScriptFunction& function : library.functions) {
      memory_ += sizeof function + function.name.size();
    }
  }
}

}  // namespace kevy
