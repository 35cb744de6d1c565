// PFDEBUG, as the references' own tests use it, and PFSELFTEST.
#include "command/families.h"
#include "command/hyperloglog/access.h"

namespace kevy {

namespace {

using hyperloglog::Form;
using hyperloglog::form_of;
using hyperloglog::registers_of;

/// What PFDEBUG is asked to look at.
struct Subject {
  Key key;
  const Entry* entry;

  Bytes bytes() const noexcept { return entry->string(); }
};

// Whether it is dense now; false when an error was answered.
bool make_dense(Call& call, const Subject& subject) {
  if (form_of(subject.bytes()) == Form::kDense) return true;
  hyperloglog::Draft draft = draft_of(call, subject.entry);
  if (!draft.make_dense()) {
    call.error(kCorruptHyperLogLog);
    return false;
  }
  store_hyperloglog(call, subject.key, subject.entry, draft.bytes());
  call.changed(subject.key, EventClass{}, "");
  return true;
}

void answer_registers(Call& call, const Subject& subject) {
  if (!make_dense(call, subject)) return;
  const Bytes packed = registers_of(call.peek(subject.key)->string());
  call.reply.array(hyperloglog::kRegisters);
  for (size_t i = 0; i < hyperloglog::kRegisters; ++i) {
    call.reply.integer(hyperloglog::packed_register(packed.data(), i));
  }
}

void answer_runs(Call& call, const Subject& subject) {
  if (form_of(subject.bytes()) == Form::kDense) {
    call.error("ERR HLL encoding is not sparse");
    return;
  }
  hyperloglog::SparseReader reader(registers_of(subject.bytes()));
  std::string text;
  while (const auto run = reader.next()) {
    if (!text.empty()) text += ' ';
    const std::string length = std::to_string(run->length);
    if (run->value != 0) {
      text += "v:" + std::to_string(run->value) + ',' + length;
    } else {
      const bool two_bytes = (registers_of(subject.bytes())[run->at] & 0x40) != 0;
      text += (two_bytes ? "Z:" : "z:") + length;
    }
  }
  call.reply.bulk(text);
}

void answer_form(Call& call, const Subject& subject) {
  call.reply.status(form_of(subject.bytes()) == Form::kDense ? "dense" : "sparse");
}

void answer_conversion(Call& call, const Subject& subject) {
  const bool sparse = form_of(subject.bytes()) == Form::kSparse;
  if (make_dense(call, subject)) call.reply.integer(sparse ? 1 : 0);
}

// The instructions can not be chosen: all levels of them give the same.
void answer_instructions(Call& call) {
  const bool on = equals_ignoring_case(call.args[2], "on");
  if (on || equals_ignoring_case(call.args[2], "off")) {
    call.reply.status(on ? "enabled" : "disabled");
  } else {
    call.error("ERR Argument must be ON or OFF");
  }
}

void pfdebug(Call& call) {
  static constexpr struct {
    Bytes name;
    void (*answer)(Call&, const Subject&);
  } kSubcommands[] = {{"getreg", answer_registers},
                      {"decode", answer_runs},
                      {"encoding", answer_form},
                      {"todense", answer_conversion}};
  if (equals_ignoring_case(call.args[1], "simd")) {
    answer_instructions(call);
    return;
  }
  const Key key = call.key(2);
  const Entry* entry = call.find_write(key);
  if (entry == nullptr) {
    call.error("ERR The specified key does not exist");
    return;
  }
  if (!require_hyperloglog(call, entry)) return;
  for (const auto& [name, answer] : kSubcommands) {
    if (!equals_ignoring_case(call.args[1], name)) continue;
    answer(call, {key, entry});
    return;
  }
  call.error("ERR Unknown PFDEBUG subcommand '" + std::string(before_nul(call.args[1])) + "'");
}

// Elements added to both forms: they must tell the same registers, and a number that is near.
void pfselftest(Call& call) {
  constexpr size_t kElements = 20'000;
  hyperloglog::Draft sparse({}, SIZE_MAX), dense({}, 0);
  bool same = dense.make_dense();
  for (size_t i = 0; i < kElements; ++i) {
    char digits[kIntegerTextMax];
    const hyperloglog::Mark mark =
        hyperloglog::mark_of(format_int64(static_cast<int64_t>(i), digits));
    same = same && sparse.raise(mark) == dense.raise(mark);
  }
  const auto count = hyperloglog::estimate(dense.bytes());
  same = same && count == hyperloglog::estimate(sparse.bytes());
  if (same && *count > kElements - kElements / 32 && *count < kElements + kElements / 32) {
    call.reply.ok();
  } else {
    call.error("ERR TESTFAILED the forms of a HyperLogLog differ, or the estimate is wrong");
  }
}

constexpr KeySpec kInspectedKey[] = {{2, 2, 1, kKeyRW | kKeyAccess}};

constexpr CommandRow kRows[] = {
    {.name = "pfdebug",
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin,
     .categories = kAclHyperLogLog,
     .keys = kInspectedKey,
     .group = "hyperloglog",
     .since = "2.8.9",
     .complexity = "O(N) in the registers",
     .summary = "Shows what a HyperLogLog is made of: GETREG, DECODE, ENCODING, TODENSE.",
     .syntax = "subcommand key",
     .handler = pfdebug},
    {.name = "pfselftest",
     .arity = 1,
     .flags = kAdmin,
     .categories = kAclHyperLogLog,
     .group = "hyperloglog",
     .since = "2.8.9",
     .complexity = "O(N) in some elements",
     .summary = "Tests that the forms of a HyperLogLog agree.",
     .handler = pfselftest},
};

}  // namespace

CommandFamily hyperloglog_debug_commands() { return kRows; }

}  // namespace kevy
