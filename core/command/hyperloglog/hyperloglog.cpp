// PFADD, PFCOUNT, PFMERGE.
#include "command/families.h"
#include "command/hyperloglog/access.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

using hyperloglog::Draft;
using hyperloglog::Form;
using hyperloglog::form_of;
using hyperloglog::Registers;
using Outcome = Draft::Outcome;

void report(Call& call, const Key& key, bool is_new, size_t raised) {
  if (is_new) call.made(key);
  call.changed(key, kEventString, "pfadd");
  call.count_as(key, raised + (is_new ? 1 : 0));
}

// Most elements change nothing, and then nothing is copied: the first argument that does, or as
// many as there are. Nothing when the registers are found to be none, which has been answered.
std::optional<size_t> first_to_add(Call& call, const Entry* entry) {
  if (entry == nullptr) return 2;
  size_t i = 2;
  for (; i < call.argc(); ++i) {
    const Outcome outcome = look(entry->string(), hyperloglog::mark_of(call.args[i]));
    if (outcome == Outcome::kRaised) break;
    if (outcome == Outcome::kSame) continue;
    call.error(kCorruptHyperLogLog);
    return std::nullopt;
  }
  return i;
}

// How many elements have raised a register.
size_t add_dense(Call& call, const Key& key, size_t first) {
  size_t raised = 0;
  char* const bytes = call.keyspace(key).grow_string(key, hyperloglog::kDenseSize);
  char* const packed = bytes + hyperloglog::kHeaderSize;
  for (size_t i = first; i < call.argc(); ++i) {
    const auto [index, rank] = hyperloglog::mark_of(call.args[i]);
    if (hyperloglog::packed_register(packed, index) < rank) {
      hyperloglog::set_packed_register(packed, index, rank);
      ++raised;
    }
  }
  hyperloglog::forget_cached_count(bytes);
  return raised;
}

// The same; nothing when the registers are found to be none, which has been answered.
std::optional<size_t> add_sparse(Call& call, const Key& key, const Entry* entry, size_t first) {
  size_t raised = 0;
  Draft draft = draft_of(call, entry);
  for (size_t i = first; i < call.argc(); ++i) {
    const Outcome outcome = draft.raise(hyperloglog::mark_of(call.args[i]));
    if (outcome == Outcome::kRaised) ++raised;
    if (outcome != Outcome::kCorrupt) continue;
    call.error(kCorruptHyperLogLog);
    return std::nullopt;
  }
  hyperloglog::forget_cached_count(draft.data());
  store_hyperloglog(call, key, entry, draft.bytes());
  return raised;
}

void pfadd(Call& call) {
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_hyperloglog(call, entry)) return;
  const auto first = first_to_add(call, entry);
  if (!first) return;
  if (entry != nullptr && *first == call.argc()) {
    call.reply.integer(0);
    return;
  }
  const bool dense = entry != nullptr && form_of(entry->string()) == Form::kDense;
  const auto raised = dense ? add_dense(call, key, *first) : add_sparse(call, key, entry, *first);
  if (!raised) return;
  report(call, key, entry == nullptr, *raised);
  call.reply.integer(1);
}

// The registers of all keys from argument `first` on together, and whether any are dense; nothing
// when an error was answered.
struct Together {
  Registers registers;
  bool dense = false;
};

bool read_all(Call& call, Together& all) {
  for (size_t i = 1; i < call.argc(); ++i) {
    const Entry* entry = call.find_read(call.key(i));
    if (!require_hyperloglog(call, entry)) return false;
    if (entry == nullptr) continue;
    const Bytes bytes = entry->string();
    all.dense = all.dense || form_of(bytes) == Form::kDense;
    if (merge(all.registers, bytes)) continue;
    call.error(kCorruptHyperLogLog);
    return false;
  }
  return true;
}

// The estimate is kept with the registers, as Redis does in this command that reads.
void count_one(Call& call) {
  const Key key = call.key(1);
  const Entry* entry = call.find_read(key);
  if (!require_hyperloglog(call, entry)) return;
  if (entry == nullptr) {
    call.reply.integer(0);
    return;
  }
  const Bytes bytes = entry->string();
  auto count = hyperloglog::cached_count(bytes);
  if (!count) {
    count = hyperloglog::estimate(bytes);
    if (!count) {
      call.error(kCorruptHyperLogLog);
      return;
    }
    call.effect({"PFCOUNT", key.bytes});  // no command that writes: its own words are not logged
    char* const writable = call.keyspace(key).grow_string(key, bytes.size());
    hyperloglog::set_cached_count(writable, *count);
    call.changed(key, EventClass{}, "");
  }
  call.reply.integer(static_cast<int64_t>(*count));
}

void pfcount(Call& call) {
  if (call.argc() == 2) {
    count_one(call);
    return;
  }
  Together all;
  if (!read_all(call, all)) return;
  call.reply.integer(static_cast<int64_t>(hyperloglog::estimate(all.registers)));
}

void store_dense(Call& call, const Key& key, const Entry* entry, const Registers& registers) {
  if (entry != nullptr && form_of(entry->string()) == Form::kDense) {
    char* const bytes = call.keyspace(key).grow_string(key, hyperloglog::kDenseSize);
    hyperloglog::pack(bytes + hyperloglog::kHeaderSize, registers);
    hyperloglog::forget_cached_count(bytes);
    return;
  }
  Draft draft = draft_of(call, entry);
  // What the destination has was read before, so it is sound.
  static_cast<void>(draft.make_dense());
  hyperloglog::pack(draft.data() + hyperloglog::kHeaderSize, registers);
  hyperloglog::forget_cached_count(draft.data());
  store_hyperloglog(call, key, entry, draft.bytes());
}

void store_sparse(Call& call, const Key& key, const Entry* entry, const Registers& registers) {
  Draft draft = draft_of(call, entry);
  for (size_t i = 0; i < hyperloglog::kRegisters; ++i) {
    if (registers.value[i] != 0) draft.raise({i, registers.value[i]});
  }
  hyperloglog::forget_cached_count(draft.data());
  store_hyperloglog(call, key, entry, draft.bytes());
}

void pfmerge(Call& call) {
  Together all;
  if (!read_all(call, all)) return;
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (all.dense) {
    store_dense(call, key, entry, all.registers);
  } else {
    store_sparse(call, key, entry, all.registers);
  }
  report(call, key, entry == nullptr, entry == nullptr ? 0 : 1);
  call.reply.ok();
}

constexpr KeySpec kMergedKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyInsert},
                                   {2, -1, 1, kKeyRO | kKeyAccess}};
// Counting may write the estimate down.
constexpr KeySpec kCountedKeys[] = {{1, -1, 1, kKeyRW | kKeyAccess}};

constexpr CommandRow kRows[] = {
    {.name = "pfadd",
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kAclHyperLogLog,
     .keys = kOneInsert,
     .group = "hyperloglog",
     .since = "2.8.9",
     .complexity = "O(1) for each element",
     .summary = "Adds elements to a HyperLogLog, which is made if missing.",
     .syntax = "key [element [element ...]]",
     .handler = pfadd},
    {.name = "pfcount",
     .arity = -2,
     .flags = kReadonly | kMayReplicate,
     .categories = kAclHyperLogLog,
     .keys = kCountedKeys,
     .group = "hyperloglog",
     .since = "2.8.9",
     .complexity = "O(1) for a key that has not changed since, else O(N) in the keys",
     .summary = "Estimates how many different elements were added to the HyperLogLogs together.",
     .syntax = "key [key ...]",
     .handler = pfcount},
    {.name = "pfmerge",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .categories = kAclHyperLogLog,
     .keys = kMergedKeys,
     .group = "hyperloglog",
     .since = "2.8.9",
     .complexity = "O(N) in the keys",
     .summary = "Adds HyperLogLogs to the one of the first key.",
     .syntax = "destkey:key [sourcekey:key [sourcekey:key ...]]",
     .handler = pfmerge},
};

}  // namespace

bool require_hyperloglog(Call& call, const Entry* entry) {
  if (!require_string(call, entry)) return false;
  const bool fits = entry == nullptr || (entry->encoding() != Encoding::kInteger &&
                                         hyperloglog::looks_like_one(entry->string()));
  if (!fits) call.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return fits;
}

void store_hyperloglog(Call& call, const Key& key, const Entry* entry, Bytes bytes) {
  Keyspace& keyspace = call.keyspace(key);
  if (bytes.size() >= hyperloglog_bytes(entry).size()) {
    std::memcpy(keyspace.grow_string(key, bytes.size()), bytes.data(), bytes.size());
    return;
  }
  Value shorter;
  shorter.grown = true;
  shorter.inside = bytes;
  keyspace.put(key, std::move(shorter), Keyspace::kKeepExpiry);
}

CommandFamily hyperloglog_commands() { return kRows; }

}  // namespace kevy
