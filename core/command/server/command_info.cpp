// COMMAND: the command table, as clients and tools read it.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "command/server/syntax.h"

namespace kevy {

namespace {

struct Named {
  uint32_t bit;
  Bytes name;
};

// In the order in which Redis shows them.
constexpr Named kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipCommandlog, "skip_commandlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kSentinel, "sentinel"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kAllowBusy, "allow_busy"},
};

constexpr Named kKeyFlagNames[] = {
    {kKeyRO, "RO"},         {kKeyRW, "RW"},         {kKeyOW, "OW"},
    {kKeyRM, "RM"},         {kKeyAccess, "access"}, {kKeyUpdate, "update"},
    {kKeyInsert, "insert"}, {kKeyDelete, "delete"}, {kKeyNotKey, "not_key"},
    {kKeyVariable, "variable_flags"},               {kKeyIncomplete, "incomplete"},
};

constexpr Named kCategoryNames[] = {
    {kAclKeyspace, "@keyspace"},     {kAclRead, "@read"},
    {kAclWrite, "@write"},           {kAclSet, "@set"},
    {kAclSortedSet, "@sortedset"},   {kAclList, "@list"},
    {kAclHash, "@hash"},             {kAclString, "@string"},
    {kAclBitmap, "@bitmap"},         {kAclHyperLogLog, "@hyperloglog"},
    {kAclGeo, "@geo"},               {kAclStream, "@stream"},
    {kAclPubsub, "@pubsub"},         {kAclAdmin, "@admin"},
    {kAclFast, "@fast"},             {kAclSlow, "@slow"},
    {kAclBlocking, "@blocking"},     {kAclDangerous, "@dangerous"},
    {kAclConnection, "@connection"}, {kAclTransaction, "@transaction"},
    {kAclScripting, "@scripting"},
};

template <size_t N>
void reply_names(Reply& reply, uint32_t bits, const Named (&names)[N]) {
  std::vector<Bytes> set;
  for (const Named& named : names) {
    if ((bits & named.bit) != 0) set.push_back(named.name);
  }
  reply.set(set.size());
  for (const Bytes name : set) reply.status(name);
}

// What the row says, and what follows from the flags.
uint32_t categories_of(const CommandRow& row) {
  uint32_t categories = row.categories;
  if (row.has(kWrite)) categories |= kAclWrite;
  if (row.has(kReadonly) && (categories & kAclScripting) == 0) categories |= kAclRead;
  if (row.has(kAdmin)) categories |= kAclAdmin | kAclDangerous;
  if (row.has(kPubsub)) categories |= kAclPubsub;
  if (row.has(kBlocking)) categories |= kAclBlocking;
  return categories | (row.has(kFast) ? kAclFast : kAclSlow);
}

struct SpecNumber {
  Bytes name;
  int value;
};

void reply_search(Reply& reply, Bytes step, Bytes type, std::initializer_list<SpecNumber> numbers) {
  reply.bulk(step);
  reply.map(2);
  reply.bulk("type");
  reply.bulk(type);
  reply.bulk("spec");
  reply.map(numbers.size());
  for (const SpecNumber& number : numbers) {
    reply.bulk(number.name);
    reply.integer(number.value);
  }
}

// Where a search begins that looks for a word from an argument on.
void reply_keyword(Reply& reply, const KeySpec& spec) {
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  reply.bulk("keyword");
  reply.bulk("spec");
  reply.map(2);
  reply.bulk("keyword");
  reply.bulk(spec.keyword);
  reply.bulk("startfrom");
  reply.integer(spec.first);
}

void reply_key_spec(Reply& reply, const KeySpec& spec) {
  reply.map(3);
  reply.bulk("flags");
  reply_names(reply, spec.flags, kKeyFlagNames);
  if (spec.search == KeySearch::kUnknown) {
    reply_search(reply, "begin_search", "unknown", {});
    reply_search(reply, "find_keys", "unknown", {});
    return;
  }
  const bool half = spec.search == KeySearch::kKeywordHalf;
  const bool to_the_end = half || spec.search == KeySearch::kKeywordAll;
  if (to_the_end || spec.search == KeySearch::kKeyword) {
    reply_keyword(reply, spec);
  } else {
    reply_search(reply, "begin_search", "index", {{"index", spec.first}});
  }
  if (spec.search == KeySearch::kKeynum) {
    reply_search(reply, "find_keys", "keynum",
                 {{"keynumidx", 0}, {"firstkey", 1}, {"keystep", spec.step}});
  } else {
    const bool range = spec.search == KeySearch::kRange;
    const int last = to_the_end ? -1 : !range ? 0 : spec.last < 0 ? spec.last : spec.last - spec.first;
    reply_search(reply, "find_keys", "range",
                 {{"lastkey", last}, {"keystep", spec.step}, {"limit", half ? 2 : 0}});
  }
}

/// First, last and step over all specifications that are ranges.
struct KeyRange {
  int first = 0, last = 0, step = 0;
  explicit KeyRange(const CommandRow& row) {
    for (const KeySpec& spec : row.keys) {
      if (spec.search != KeySearch::kRange) continue;
      if (first == 0 || spec.first < first) first = spec.first;
      if (last >= 0 && (spec.last < 0 || spec.last > last)) last = spec.last;
      if (step == 0) step = spec.step;
    }
  }
};

void reply_row(Call& call, const CommandRow& row) {
  Reply& reply = call.reply;
  const KeyRange range(row);
  reply.array(10);
  reply.bulk(full_name(call.runtime.table(), row));
  reply.integer(row.arity);
  reply_names(reply, row.flags, kFlagNames);
  reply.integer(range.first);
  reply.integer(range.last);
  reply.integer(range.step);
  reply_names(reply, categories_of(row), kCategoryNames);
  reply.set(0);  // tips
  reply.set(row.keys.size());
  for (const KeySpec& spec : row.keys) reply_key_spec(reply, spec);
  reply.set(row.subcommands.size());
  for (const CommandRow& sub : row.subcommands) reply_row(call, sub);
}

const CommandRow* find_by_full_name(Call& call, Bytes name) {
  const size_t bar = name.find('|');
  const CommandRow* row = call.runtime.table().find(name.substr(0, bar));
  if (bar == Bytes::npos || row == nullptr) return row;
  for (const CommandRow& sub : row->subcommands) {
    if (equals_ignoring_case(name.substr(bar + 1), sub.name)) return &sub;
  }
  return nullptr;
}

void command(Call& call) {
  const auto rows = call.runtime.table().rows();
  call.reply.array(rows.size());
  for (const CommandRow* row : rows) reply_row(call, *row);
}

void count(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.runtime.table().rows().size()));
}

void info(Call& call) {
  if (call.argc() == 2) {
    command(call);
    return;
  }
  call.reply.array(call.argc() - 2);
  for (const Bytes name : call.args.subspan(2)) {
    const CommandRow* row = find_by_full_name(call, name);
    if (row == nullptr) {
      call.reply.null();
    } else {
      reply_row(call, *row);
    }
  }
}

void reply_text(Reply& reply, Bytes name, Bytes text) {
  reply.bulk(name);
  reply.bulk(text);
}

void reply_arguments(Reply& reply, const std::vector<Argument>& arguments);

void reply_argument(Reply& reply, const Argument& argument) {
  const bool shown = argument.type != "oneof" && argument.type != "block";
  const bool flags = argument.optional || argument.multiple;
  reply.map(2 + (shown ? 1u : 0u) + (argument.key_spec >= 0 ? 1u : 0u) +
            (argument.token.empty() ? 0u : 1u) + (flags ? 1u : 0u) +
            (argument.arguments.empty() ? 0u : 1u));
  reply_text(reply, "name", argument.name);
  reply_text(reply, "type", argument.type);
  if (shown) reply_text(reply, "display_text", argument.name);
  if (argument.key_spec >= 0) {
    reply.bulk("key_spec_index");
    reply.integer(argument.key_spec);
  }
  if (!argument.token.empty()) reply_text(reply, "token", argument.token);
  if (flags) {
    reply.bulk("flags");
    reply.set((argument.optional ? 1u : 0u) + (argument.multiple ? 1u : 0u) +
              (argument.multiple_token ? 1u : 0u));
    if (argument.optional) reply.status("optional");
    if (argument.multiple) reply.status("multiple");
    if (argument.multiple_token) reply.status("multiple_token");
  }
  if (!argument.arguments.empty()) {
    reply.bulk("arguments");
    reply_arguments(reply, argument.arguments);
  }
}

void reply_arguments(Reply& reply, const std::vector<Argument>& arguments) {
  reply.array(arguments.size());
  for (const Argument& argument : arguments) reply_argument(reply, argument);
}

void reply_doc(Call& call, const CommandRow& row) {
  Reply& reply = call.reply;
  reply.bulk(full_name(call.runtime.table(), row));
  reply.map(4 + (row.syntax.empty() ? 0u : 1u) + (row.subcommands.empty() ? 0u : 1u));
  const std::array<std::pair<Bytes, Bytes>, 4> texts = {{{"summary", row.summary},
                                                         {"since", row.since},
                                                         {"group", row.group},
                                                         {"complexity", row.complexity}}};
  for (const auto& [name, text] : texts) reply_text(reply, name, text);
  if (!row.syntax.empty()) {
    reply.bulk("arguments");
    reply_arguments(reply, parse_syntax(row));
  }
  if (row.subcommands.empty()) return;
  reply.bulk("subcommands");
  reply.map(row.subcommands.size());
  for (const CommandRow& sub : row.subcommands) reply_doc(call, sub);
}

void docs(Call& call) {
  std::vector<const CommandRow*> shown;
  if (call.argc() == 2) {
    const auto rows = call.runtime.table().rows();
    shown.assign(rows.begin(), rows.end());
  }
  for (const Bytes name : call.args.subspan(2)) {
    if (const CommandRow* row = find_by_full_name(call, name)) shown.push_back(row);
  }
  call.reply.map(shown.size());
  for (const CommandRow* row : shown) reply_doc(call, *row);
}

/// A key among the words of a command, and what the command does with it.
struct FoundKey {
  Bytes key;
  uint16_t flags;
};

// The keys of the command that the arguments from the third on are; nothing, and the error is
// answered, when it is wrong.
std::optional<std::vector<FoundKey>> find_keys(Call& call) {
  const Args words = call.args.subspan(2);
  const CommandRow* row = call.runtime.table().find(words);
  const auto wrong = [&](Bytes error) {
    call.error(error);
    return std::nullopt;
  };
  if (row == nullptr || (words.size() > 1 && !row->subcommands.empty())) {
    return wrong("ERR Invalid command specified");
  }
  const auto is_key = [](const KeySpec& spec) { return (spec.flags & kKeyNotKey) == 0; };
  if (std::none_of(row->keys.begin(), row->keys.end(), is_key)) {
    return wrong("ERR The command has no key arguments");
  }
  if (!row->accepts(words.size())) {
    return wrong("ERR Invalid number of arguments specified for command");
  }
  const auto countable = [&](const KeySpec& spec) { return key_places(spec, words).has_value(); };
  std::vector<FoundKey> keys;
  if (std::all_of(row->keys.begin(), row->keys.end(), countable)) {
    for_each_key(*row, words, [&](size_t i, const KeySpec& spec) {
      const bool variable = (spec.flags & kKeyVariable) != 0 && row->key_flags != nullptr;
      const uint16_t flags = variable ? row->key_flags(words) : spec.flags;
      keys.push_back({words[i], static_cast<uint16_t>(flags & ~kKeyIncomplete)});
    });
  }
  if (keys.empty() && !row->has(kNoMandatoryKeys)) return wrong("ERR Invalid arguments specified for command");
  return keys;
}

void getkeys(Call& call) {
  const auto keys = find_keys(call);
  if (!keys) return;
  call.reply.array(keys->size());
  for (const FoundKey& found : *keys) call.reply.bulk(found.key);
}

void getkeysandflags(Call& call) {
  const auto keys = find_keys(call);
  if (!keys) return;
  call.reply.array(keys->size());
  for (const FoundKey& found : *keys) {
    call.reply.array(2);
    call.reply.bulk(found.key);
    reply_names(call.reply, found.flags, kKeyFlagNames);
  }
}

void list(Call& call) {
  std::vector<std::string> names;
  const auto filter_is = [&](Bytes kind) { return equals_ignoring_case(call.args[3], kind); };
  const bool filtered = call.argc() == 5 && equals_ignoring_case(call.args[2], "filterby") &&
                        (filter_is("pattern") || filter_is("aclcat") || filter_is("module"));
  if (call.argc() != 2 && !filtered) {
    call.error(errors::kSyntax);
    return;
  }
  const auto wanted = [&](const CommandRow& row) {
    if (!filtered) return true;
    const Bytes value = call.args[4];
    if (filter_is("pattern")) return glob_match(value, full_name(call.runtime.table(), row), true);
    if (filter_is("module")) return false;  // there are no modules
    for (const Named& named : kCategoryNames) {
      if (equals_ignoring_case(value, named.name.substr(1))) {
        return (categories_of(row) & named.bit) != 0;
      }
    }
    return false;
  };
  for (const CommandRow* row : call.runtime.table().rows()) {
    if (wanted(*row)) names.emplace_back(row->name);
    for (const CommandRow& sub : row->subcommands) {
      if (filtered && wanted(sub)) names.push_back(full_name(call.runtime.table(), sub));
    }
  }
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

constexpr uint32_t kShow = kLoading | kStale;

constexpr CommandRow kSubcommands[] = {
    {.name = "count", .arity = 2, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "2.8.13", .complexity = "O(1)",
     .summary = "Counts the commands.", .handler = count},
    {.name = "docs", .arity = -2, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "7.0.0", .complexity = "O(N) in the commands",
     .summary = "Tells what commands are for.", .syntax = "[command-name:string [command-name ...]]",
     .handler = docs},
    {.name = "getkeys", .arity = -3, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "2.8.13", .complexity = "O(N) in the arguments",
     .summary = "Answers which words of a command are keys.",
     .syntax = "command:string [arg:string ...]", .handler = getkeys},
    {.name = "getkeysandflags", .arity = -3, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "7.0.0", .complexity = "O(N) in the arguments",
     .summary = "Answers which words of a command are keys, and what it does with each.",
     .syntax = "command:string [arg:string ...]", .handler = getkeysandflags},
    {.name = "help", .arity = 2, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "5.0.0", .complexity = "O(1)",
     .summary = "Lists the subcommands.", .handler = help},
    {.name = "info", .arity = -2, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "2.8.13", .complexity = "O(N) in the commands",
     .summary = "Answers the rows of commands.",
     .syntax = "[command-name:string [command-name ...]]", .handler = info},
    {.name = "list", .arity = -2, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "7.0.0", .complexity = "O(N) in the commands",
     .summary = "Answers the names of the commands.",
     .syntax = "[FILTERBY <MODULE module-name:string|ACLCAT category:string|PATTERN pattern>]",
     .handler = list},
};

constexpr CommandRow kRows[] = {
    {.name = "command", .arity = -1, .flags = kShow, .categories = kAclConnection,
     .group = "server", .since = "2.8.13", .complexity = "O(N) in the commands",
     .summary = "Answers the rows of all commands.", .handler = command,
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily command_commands() { return kRows; }

}  // namespace kevy
