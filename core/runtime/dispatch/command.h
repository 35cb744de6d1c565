// The row of a command: everything that dispatch, COMMAND, ACL, the documents and the tests need
// to know of a verb. The rows stand beside their handlers in command/; runtime only reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/number.h"

namespace kevy {

class Call;
using Handler = void (*)(Call&);

/// Redis' command flags, as COMMAND INFO shows them.
enum CommandFlag : uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kFast = 1u << 9,
  kNoAuth = 1u << 10,
  kMayReplicate = 1u << 11,
  kNoMulti = 1u << 12,
  kMovableKeys = 1u << 13,
  kAllowBusy = 1u << 14,
  kNoAsyncLoading = 1u << 15,
  kSentinel = 1u << 16,
  kSkipMonitor = 1u << 17,
  kSkipCommandlog = 1u << 18,
  kNoMandatoryKeys = 1u << 19,
};

/// What dispatch has to know of a verb besides: kevy's own, not shown to anyone. A row's flags are
/// bits of both kinds.
enum DispatchFlag : uint32_t {
  /// Brings a script, which a command behind it may run in the same step.
  kBringsScript = 1u << 20,
  /// Runs a script, which may do what any command does.
  kRunsScript = 1u << 21,
  /// Hands on to whoever has subscribed, so that what was sent before it is looked at before it runs.
  kPublishes = 1u << 22,
  /// How long it takes does not follow from its words, though it is fast: those that take or go over a
  /// number of elements.
  kTakesMany = 1u << 23,
  /// Acts on connection state: refused by the stateless kevy_exec.
  kNeedsSession = 1u << 24,
  /// Runs at once inside MULTI instead of being queued.
  kNotQueued = 1u << 25,
  /// Needs every shard for as long as it runs.
  kAllShards = 1u << 26,
  /// Needs the shards of the keys that the session watches.
  kWatchedShards = 1u << 27,
  /// Needs the shards of all commands queued in the session.
  kQueuedShards = 1u << 28,
  /// Allowed in RESP2 while subscribed.
  kWhileSubscribed = 1u << 29,
  /// Goes through the shards one after another with Call::visit_shard; all at once inside EXEC.
  kWalksShards = 1u << 30,
  /// May stand between CLIENT CACHING and the command that it is about.
  kBeforeRead = 1u << 31,
};

constexpr uint32_t operator|(CommandFlag a, DispatchFlag b) noexcept {
  return uint32_t{a} | uint32_t{b};
}
constexpr uint32_t operator|(DispatchFlag a, CommandFlag b) noexcept { return b | a; }

enum AclCategory : uint32_t {
  kAclKeyspace = 1u << 0,
  kAclRead = 1u << 1,
  kAclWrite = 1u << 2,
  kAclSet = 1u << 3,
  kAclSortedSet = 1u << 4,
  kAclList = 1u << 5,
  kAclHash = 1u << 6,
  kAclString = 1u << 7,
  kAclBitmap = 1u << 8,
  kAclHyperLogLog = 1u << 9,
  kAclGeo = 1u << 10,
  kAclStream = 1u << 11,
  kAclPubsub = 1u << 12,
  kAclAdmin = 1u << 13,
  kAclFast = 1u << 14,
  kAclSlow = 1u << 15,
  kAclBlocking = 1u << 16,
  kAclDangerous = 1u << 17,
  kAclConnection = 1u << 18,
  kAclTransaction = 1u << 19,
  kAclScripting = 1u << 20,
};

/// What a command does with the keys of one specification, as COMMAND INFO shows it.
enum KeyFlag : uint16_t {
  kKeyRO = 1 << 0,
  kKeyRW = 1 << 1,
  kKeyOW = 1 << 2,
  kKeyRM = 1 << 3,
  kKeyAccess = 1 << 4,
  kKeyUpdate = 1 << 5,
  kKeyInsert = 1 << 6,
  kKeyDelete = 1 << 7,
  kKeyNotKey = 1 << 8,  // routed like a key, but none: the channels of SPUBLISH
  kKeyVariable = 1 << 9,
  kKeyIncomplete = 1 << 10,  // the specification may find others, or not all
};

/// What is shown in place of a word that is secret.
inline constexpr Bytes kHiddenWord = "(redacted)";

/// How keys are found among the arguments, by the names that COMMAND INFO gives the ways.
enum class KeySearch : uint8_t {
  kRange,    // from `first`, each `step`th, up to `last` (below zero: from the end of the arguments)
  kKeynum,   // argument `first` is their number, they follow it
  kKeyword,  // the first behind the word `keyword`; CommandRow::further_key knows which it is
  kKeywordAll,  // all that follow the word `keyword`; CommandRow::keys_behind knows where it is
  kKeywordHalf,  // the first half of what follows `keyword`, which stands at `first` or later
  kUnknown,  // by no rule: CommandRow::further_key and needs_all_shards know
};

struct KeySpec {
  int16_t first = 0;
  int16_t last = 0;
  int16_t step = 1;
  uint16_t flags = 0;
  KeySearch search = KeySearch::kRange;
  Bytes keyword = {};  // in capitals
};

struct CommandRow {
  Bytes name;      // lower case; of a subcommand: its second word alone
  int16_t arity;   // words with the verb; below zero: at least that many
  uint32_t flags;  // of CommandFlag and DispatchFlag
  uint32_t categories = 0;  // AclCategory; read, write, fast, slow follow from the flags
  std::span<const KeySpec> keys = {};
  Bytes group = {};
  Bytes since = {};
  Bytes complexity = {};
  Bytes summary = {};
  /// The arguments after the name, in the notation of command/server/syntax.h.
  Bytes syntax = {};
  Handler handler = nullptr;
  std::span<const CommandRow> subcommands = {};
  /// Where KeySearch::kKeyword or kUnknown is: which argument is one more key (0: none). And whether keys will be
  /// read that are not told of, or are not among the arguments at all.
  size_t (*further_key)(Args) = nullptr;
  bool (*needs_all_shards)(Args) = nullptr;
  /// Where KeySearch::kKeywordAll is: from which argument on all are keys, which no other
  /// specification finds then; 0: it is not used.
  size_t (*keys_behind)(Args) = nullptr;
  /// Where a key has kKeyVariable: the flags that it has with these arguments.
  uint16_t (*key_flags)(Args) = nullptr;
  /// Which of the words are secret, and shown as kHiddenWord; nullptr: none.
  bool (*hides)(Args, size_t) = nullptr;
  /// Follows from the above: which argument is the only key that the command can have; 0 when it
  /// has none or may have several.
  uint8_t only_key = find_only_key(keys, flags);
  /// And with how many words it takes no more than some microseconds, whatever the data are: 0 where it
  /// may take longer.
  uint8_t brief_words = find_brief_words(complexity, flags);

  bool has(uint32_t any_of) const noexcept { return (flags & any_of) != 0; }
  bool accepts(size_t argc) const noexcept {
    return arity >= 0 ? argc == static_cast<size_t>(arity) : argc >= static_cast<size_t>(-arity);
  }

 private:
  static constexpr uint8_t find_brief_words(Bytes complexity, uint32_t flags) noexcept {
    constexpr uint32_t kLong =
        kTakesMany | kAllShards | kWatchedShards | kQueuedShards | kWalksShards | kBlocking;
    constexpr uint8_t kFew = 10;
    const bool brief = complexity == "O(1)" || (flags & kFast) != 0;
    return brief && (flags & kLong) == 0 ? kFew : uint8_t{0};
  }
  static constexpr uint8_t find_only_key(std::span<const KeySpec> specs, uint32_t flags) noexcept {
    if (specs.size() != 1 || (flags & (kAllShards | kWatchedShards | kQueuedShards)) != 0) return 0;
    const KeySpec& spec = specs[0];
    const bool one = spec.search == KeySearch::kRange && spec.first == spec.last;
    return one && (spec.flags & kKeyNotKey) == 0 ? static_cast<uint8_t>(spec.first) : uint8_t{0};
  }
};

/// Where the keys of one specification stand among the arguments: from `first`, each `step`th, up to
/// `last`.
struct KeyPlaces {
  int first, last;
};

/// Where the words behind the keyword of a specification begin; 0 where it is missing.
inline size_t behind_keyword(const KeySpec& spec, Args args) noexcept {
  const auto is_keyword = [&](Bytes word) {
    if (word.size() != spec.keyword.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if (ascii_lower(word[i]) != ascii_lower(spec.keyword[i])) return false;
    }
    return true;
  };
  for (auto i = static_cast<size_t>(spec.first); i < args.size(); ++i) {
    if (is_keyword(args[i])) return i + 1;
  }
  return 0;
}

/// Nothing when the keys are numbered and the number is wrong, or the keyword before them is missing.
inline std::optional<KeyPlaces> key_places(const KeySpec& spec, Args args) {
  const int size = static_cast<int>(args.size());
  if (spec.search == KeySearch::kUnknown || spec.search == KeySearch::kKeyword ||
      spec.search == KeySearch::kKeywordAll) {
    return KeyPlaces{0, -1};
  }
  if (spec.search == KeySearch::kRange) {
    const int last = spec.last >= 0 ? spec.last : size + spec.last;
    return KeyPlaces{spec.first, last < size ? last : size - 1};
  }
  if (spec.search == KeySearch::kKeywordHalf) {
    const int begin = static_cast<int>(behind_keyword(spec, args));
    if (begin == 0 || begin == size) return std::nullopt;
    return KeyPlaces{begin, begin + (size - begin) / 2 - 1};
  }
  const auto number = static_cast<size_t>(spec.first);
  const auto count = number < args.size() ? parse_int64(args[number]) : std::nullopt;
  if (!count || *count < 1 || *count > size) return std::nullopt;
  const int first = spec.first + 1, last = first + static_cast<int>(*count - 1) * spec.step;
  if (last >= size) return std::nullopt;
  return KeyPlaces{first, last};
}

/// Calls visit(index of the argument, its specification) for every key among `args`. Where they are
/// numbered and the number is wrong there are none.
template <typename Visit>
void for_each_key(const CommandRow& row, Args args, Visit&& visit) {
  if (row.keys_behind != nullptr) {
    if (const size_t first = row.keys_behind(args); first != 0) {
      for (size_t i = first; i < args.size(); ++i) visit(i, row.keys.back());
      return;
    }
  }
  for (const KeySpec& spec : row.keys) {
    const auto places = key_places(spec, args);
    if (!places) continue;
    for (int i = places->first; i <= places->last; i += spec.step) visit(static_cast<size_t>(i), spec);
  }
  if (row.further_key == nullptr) return;
  if (const size_t further = row.further_key(args); further != 0) visit(further, row.keys.back());
}

}  // namespace kevy
