// Integers of any width in a string: BITFIELD, BITFIELD_RO.
#include <algorithm>
#include <vector>

#include "command/bitmap/bit_offset.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"

namespace kevy {

namespace {

__extension__ using Wide = __int128;  // any sum of a field and an increment

enum class Action : uint8_t { kGet, kSet, kIncrement };
enum class Overflow : uint8_t { kWrap, kSaturate, kFail };

/// An integer of `width` bits, the high one first, from bit `offset` of a string on.
struct Field {
  uint64_t offset;
  unsigned width;  // 1 to 64; to 63 without a sign
  bool is_signed;

  Wide min() const noexcept { return is_signed ? -(Wide{1} << (width - 1)) : 0; }
  Wide max() const noexcept { return (Wide{1} << (is_signed ? width - 1 : width)) - 1; }
  /// What the low bits of `number` mean.
  int64_t wrapped(uint64_t number) const noexcept {
    const unsigned unused = 64 - width;
    const uint64_t high = number << unused;
    return is_signed ? static_cast<int64_t>(high) >> unused : static_cast<int64_t>(high >> unused);
  }
  size_t bytes_end() const noexcept { return (offset + width - 1) / 8 + 1; }

  /// Behind the string's end there are zeros.
  int64_t read(Bytes bytes) const noexcept {
    uint64_t number = 0;
    for (unsigned done = 0; done < width;) {
      const uint64_t at = (offset + done) / 8;
      const unsigned skip = (offset + done) & 7, taken = std::min(8 - skip, width - done);
      const unsigned byte = at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
      number = number << taken | (byte >> (8 - skip - taken) & ((1u << taken) - 1));
      done += taken;
    }
    return wrapped(number);
  }
  void write(char* bytes, int64_t value) const noexcept {
    const auto number = static_cast<uint64_t>(value);
    for (unsigned done = 0; done < width;) {
      char* const byte = bytes + (offset + done) / 8;
      const unsigned skip = (offset + done) & 7, given = std::min(8 - skip, width - done);
      const unsigned shift = 8 - skip - given, mask = ((1u << given) - 1) << shift;
      done += given;
      const unsigned part = static_cast<unsigned>(number >> (width - done)) << shift;
      *byte = static_cast<char>((static_cast<unsigned char>(*byte) & ~mask) | (part & mask));
    }
  }
};

struct Step {
  Action action;
  Field field;
  Overflow overflow = Overflow::kWrap;
  int64_t value = 0;

  /// What the field becomes when it has `now`; nothing when it is to stay as it is.
  std::optional<int64_t> result(int64_t now) const noexcept {
    Wide wanted = value;
    if (action == Action::kIncrement) {
      wanted += now;
    } else if (!field.is_signed) {
      wanted = static_cast<uint64_t>(value);
    }
    if (wanted >= field.min() && wanted <= field.max()) return static_cast<int64_t>(wanted);
    if (overflow == Overflow::kFail) return std::nullopt;
    if (overflow == Overflow::kWrap) return field.wrapped(static_cast<uint64_t>(wanted));
    return static_cast<int64_t>(wanted < 0 ? field.min() : field.max());
  }
};

/// The type of a field, such as i16 or u8, whose offset is not known yet.
std::optional<Field> field_type_argument(Call& call, Bytes text) {
  const bool is_signed = text.starts_with('i');
  if (is_signed || text.starts_with('u')) {
    const auto width = parse_int64(text.substr(1));
    if (width && *width >= 1 && *width <= (is_signed ? 64 : 63)) {
      return Field{0, static_cast<unsigned>(*width), is_signed};
    }
  }
  call.error(
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
      "but i64 is.");
  return std::nullopt;
}

std::optional<Overflow> overflow_argument(Call& call, Bytes text) {
  if (equals_ignoring_case(text, "wrap")) return Overflow::kWrap;
  if (equals_ignoring_case(text, "sat")) return Overflow::kSaturate;
  if (equals_ignoring_case(text, "fail")) return Overflow::kFail;
  call.error("ERR Invalid OVERFLOW type specified");
  return std::nullopt;
}

std::optional<Step> step_arguments(Call& call, Options& options, Action action) {
  auto field = field_type_argument(call, options.value());
  if (!field) return std::nullopt;
  const auto offset = field_offset_argument(call, options.value(), field->width);
  if (!offset) return std::nullopt;
  field->offset = *offset;
  Step step{action, *field};
  if (action == Action::kGet) return step;
  const auto value = integer_argument(call, options.value());
  if (!value) return std::nullopt;
  step.value = *value;
  return step;
}

/// Nothing when an error was answered.
std::optional<std::vector<Step>> read_steps(Call& call) {
  std::vector<Step> steps;
  Overflow overflow = Overflow::kWrap;
  for (Options options(call.args, 2); !options.done();) {
    std::optional<Step> step;
    if (options.next_is("get", 2)) {
      step = step_arguments(call, options, Action::kGet);
    } else if (options.next_is("set", 3)) {
      step = step_arguments(call, options, Action::kSet);
    } else if (options.next_is("incrby", 3)) {
      step = step_arguments(call, options, Action::kIncrement);
    } else if (options.next_is("overflow", 1)) {
      const auto given = overflow_argument(call, options.value());
      if (!given) return std::nullopt;
      overflow = *given;
      continue;
    } else {
      call.error(errors::kSyntax);
    }
    if (!step) return std::nullopt;
    step->overflow = overflow;
    steps.push_back(*step);
  }
  return steps;
}

bool only_reads(const std::vector<Step>& steps) noexcept {
  return std::all_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.action == Action::kGet; });
}

void read_fields(Call& call, const std::vector<Step>& steps) {
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  const StringText text(entry);
  call.reply.array(steps.size());
  for (const Step& step : steps) call.reply.integer(step.field.read(text.bytes()));
}

/// Takes the steps on the bytes of a string; gives what each is answered with, nothing for null,
/// and how many were not refused and changed what there was: all, where the string has `grown`.
size_t take_steps(const std::vector<Step>& steps, char* bytes, size_t size, bool grown,
                  std::vector<std::optional<int64_t>>& answers) noexcept {
  size_t changed = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const int64_t now = step.field.read({bytes, size});
    answers[i] = now;
    if (step.action == Action::kGet) continue;
    const auto result = step.result(now);
    if (!result) {
      answers[i].reset();
      continue;
    }
    step.field.write(bytes, *result);
    if (grown || *result != now) ++changed;
    if (step.action == Action::kIncrement) answers[i] = *result;
  }
  return changed;
}

void write_fields(Call& call, const std::vector<Step>& steps) {
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  const size_t before = StringText(entry).bytes().size();
  size_t size = before;
  for (const Step& step : steps) {
    if (step.action != Action::kGet) size = std::max(size, step.field.bytes_end());
  }
  std::vector<std::optional<int64_t>> answers(steps.size());
  char* const bytes = call.keyspace(key).grow_string(key, size);
  const size_t changed = take_steps(steps, bytes, size, size != before, answers);
  if (entry == nullptr) call.made(key);
  if (changed != 0) {
    call.changed(key, kEventString, "setbit");
    call.count_as(key, changed);
  } else if (size != before) {
    call.changed(key, EventClass{}, "");  // no event, as in Redis, but the string is longer
    call.count_as(key, 0);
  }
  call.reply.array(answers.size());
  for (const auto& answer : answers) {
    if (answer) {
      call.reply.integer(*answer);
    } else {
      call.reply.null();
    }
  }
}

void bitfield(Call& call) {
  const auto steps = read_steps(call);
  if (!steps) return;
  if (only_reads(*steps)) {
    read_fields(call, *steps);
  } else {
    write_fields(call, *steps);
  }
}

void bitfield_ro(Call& call) {
  const auto steps = read_steps(call);
  if (!steps) return;
  if (only_reads(*steps)) {
    read_fields(call, *steps);
  } else {
    call.error("ERR BITFIELD_RO only supports the GET subcommand");
  }
}

uint16_t bitfield_key_flags(Args args) {
  for (Options options(args, 2); !options.done();) {
    if (options.next_is("get", 2)) {
      options.value();
    } else if (!options.next_is("overflow", 1)) {
      return kKeyRW | kKeyAccess | kKeyUpdate;
    }
    options.value();
  }
  return kKeyRO | kKeyAccess;
}

constexpr CommandRow kRows[] = {
    {.name = "bitfield",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .categories = kAclBitmap,
     .keys = kSetKey,
     .group = "bitmap",
     .since = "3.2.0",
     .complexity = "O(1) for each field",
     .summary = "Reads, sets and increments integers of any width in a string.",
     .syntax = "key [<GET encoding offset:integer|[OVERFLOW <WRAP|SAT|FAIL>] "
               "<SET encoding offset:integer value:integer|"
               "INCRBY encoding offset:integer increment:integer>> ...]",
     .handler = bitfield,
     .key_flags = bitfield_key_flags},
    {.name = "bitfield_ro",
     .arity = -2,
     .flags = kReadonly | kFast,
     .categories = kAclBitmap,
     .keys = kOneReadAccess,
     .group = "bitmap",
     .since = "6.0.0",
     .complexity = "O(1) for each field",
     .summary = "Reads integers of any width in a string.",
     .syntax = "key [GET encoding offset:integer [GET encoding offset:integer ...]]",
     .handler = bitfield_ro},
};

}  // namespace

CommandFamily bit_field_commands() { return kRows; }

}  // namespace kevy
