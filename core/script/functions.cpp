#include "script/functions.h"

#include <algorithm>

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

// Whether the functions may have the names they want beside those of other libraries.
bool FunctionLibraries::check(Call& call, Bytes library, const Library& made) const {
  if (made.functions.empty()) {
    call.error("ERR No functions registered");
    return false;
  }
  const auto own = libraries_.find(std::string(library));
  std::vector<std::string> names;
  for (const ScriptFunction& function : made.functions) {
    if (!is_library_name(function.name)) {
      call.error(
          "ERR Function names can only contain letters, numbers, or underscores(_) and must be at "
          "least one character long");
      return false;
    }
    names.push_back(function.key);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    call.error("ERR Function already exists in the library");
    return false;
  }
  for (const ScriptFunction& function : made.functions) {
    const ScriptFunction* other = find(function.name);
    if (other == nullptr) continue;
    const bool is_own = own != libraries_.end() && other >= own->second.functions.data() &&
                        other < own->second.functions.data() + own->second.functions.size();
    if (is_own) continue;
    call.error("ERR Function " + function.name + " already exists");
    return false;
  }
  return true;
}

void FunctionLibraries::load(Call& call, LuaState& state, Bytes code, bool replace) {
  const Shebang shebang = read_library_shebang(code);
  if (!shebang.wrong.empty()) {
    call.error(shebang.wrong);
    return;
  }
  if (!replace && libraries_.contains(shebang.name)) {
    call.error("ERR Library '" + shebang.name + "' already exists");
    return;
  }
  LibraryLoad work{shebang.code, {}, {}, {}};
  struct Forgotten {  // unless they are taken over
    LuaState& state;
    LibraryLoad& work;
    ~Forgotten() { work.forget(state.lua()); }
  } const forgotten{state, work};
  run_library(state, work);
  if (!work.wrong.empty()) {
    call.error(work.wrong);
    return;
  }
  Library made{std::string(code), std::move(work.functions)};
  if (!check(call, shebang.name, made)) return;
  put(state, shebang.name, std::move(made));
  work.references.clear();
  call.changed_everything();
  call.reply.bulk(shebang.name);
}

// In place of what had the name before. All that may find no memory comes first.
void FunctionLibraries::put(LuaState& state, const std::string& name, Library made) {
  std::map<std::string, Library> fresh;
  const auto added = fresh.emplace(name, std::move(made)).first;
  struct Places {  // for the names; those that stay empty go again
    NameTable<const ScriptFunction*>& table;
    const Library& library;
    ~Places() {
      for (const ScriptFunction& function : library.functions) {
        const uint64_t hash = table.hash(function.key);
        const ScriptFunction* const* place = table.find(function.key, hash);
        if (place != nullptr && *place == nullptr) table.erase(function.key, hash);
      }
    }
  } const places{functions_, added->second};
  for (const ScriptFunction& function : added->second.functions) {
    functions_.find_or_make(function.key, functions_.hash(function.key));
  }
  const auto before = libraries_.find(name);
  std::vector<ScriptFunction> gone;
  if (before != libraries_.end()) gone = std::move(before->second.functions);
  for (const ScriptFunction& function : added->second.functions) {
    *functions_.find(function.key) = &function;
  }
  for (const ScriptFunction& function : gone) {
    drop_reference(state.lua(), function.function);
    const uint64_t hash = functions_.hash(function.key);
    const ScriptFunction* const* place = functions_.find(function.key, hash);
    const bool taken = std::any_of(
        added->second.functions.begin(), added->second.functions.end(),
        [&](const ScriptFunction& other) { return place != nullptr && *place == &other; });
    if (!taken) functions_.erase(function.key, hash);
  }
  if (before != libraries_.end()) libraries_.erase(before);
  libraries_.merge(fresh);
  measure();
}

void FunctionLibraries::drop(LuaState& state,
                             std::map<std::string, Library>::iterator library) noexcept {
  for (const ScriptFunction& function : library->second.functions) {
    drop_reference(state.lua(), function.function);
    functions_.erase(function.key, functions_.hash(function.key));
  }
  libraries_.erase(library);
  measure();
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
