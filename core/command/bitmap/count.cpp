// Looking through the bits of a range: BITCOUNT, BITPOS.
#include <algorithm>
#include <bit>

#include "base/wide/bits.h"
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"

namespace kevy {

namespace {

/// Bits from `first` to `last`, both included.
struct BitRange {
  uint64_t first, last;
};

/// The range that `start [end [BYTE|BIT]]` ask for.
struct RangeArguments {
  int64_t start = 0, end = -1;
  bool in_bits = false, end_given = false;

  /// Reads what stands from argument `first` on; false when an error was answered.
  bool read(Call& call, size_t first) {
    const size_t given = call.argc() - std::min(first, call.argc());
    if (given > 3 || (given == 3 && !read_unit(call.args[first + 2]))) {
      call.error(errors::kSyntax);
      return false;
    }
    end_given = given > 1;
    return read_number(call, first, start) && read_number(call, first + 1, end);
  }
  /// Whether it ends before it begins, both counted from the end of the string. BITCOUNT counts
  /// nothing then; BITPOS looks at the first byte when both lie before the string.
  bool reversed() const noexcept { return start < 0 && end < 0 && start > end; }
  /// Its bits in a string of `size` bytes; nothing when there are none.
  std::optional<BitRange> bits(size_t size) const noexcept {
    const auto total = static_cast<int64_t>(in_bits ? size * 8 : size);
    const int64_t from = std::max<int64_t>(start < 0 ? total + start : start, 0);
    const int64_t to = std::min(std::max<int64_t>(end < 0 ? total + end : end, 0), total - 1);
    if (from > to) return std::nullopt;
    const auto first = static_cast<uint64_t>(from), last = static_cast<uint64_t>(to);
    if (in_bits) return BitRange{first, last};
    return BitRange{first * 8, last * 8 + 7};
  }

 private:
  bool read_unit(Bytes word) noexcept {
    in_bits = equals_ignoring_case(word, "bit");
    return in_bits || equals_ignoring_case(word, "byte");
  }
  static bool read_number(Call& call, size_t index, int64_t& number) {
    if (index >= call.argc()) return true;
    const auto given = integer_argument(call, call.args[index]);
    if (given) number = *given;
    return given.has_value();
  }
};

constexpr unsigned byte_at(Bytes bytes, uint64_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}
/// The bits of a byte from bit `offset` on, and those up to it.
constexpr unsigned mask_from(uint64_t offset) noexcept { return 0xffu >> (offset & 7); }
constexpr unsigned mask_to(uint64_t offset) noexcept {
  return 0xff00u >> ((offset & 7) + 1) & 0xff;
}

uint64_t count(Bytes bytes, BitRange range) noexcept {
  const uint64_t first = range.first / 8, last = range.last / 8;
  const unsigned outside_first = byte_at(bytes, first) & ~mask_from(range.first);
  const unsigned outside_last = byte_at(bytes, last) & ~mask_to(range.last);
  return wide::count_bits(bytes.substr(first, last - first + 1)) -
         static_cast<uint64_t>(std::popcount(outside_first) + std::popcount(outside_last));
}

/// Where the first bit of the range is that has this value.
std::optional<uint64_t> find(Bytes bytes, BitRange range, bool bit) noexcept {
  const unsigned other = bit ? 0 : 0xff;
  const auto first_in = [&](uint64_t at, unsigned byte) -> std::optional<uint64_t> {
    const unsigned wanted = byte ^ other;
    if (wanted == 0) return std::nullopt;
    const uint64_t found =
        at * 8 + static_cast<uint64_t>(std::countl_zero(static_cast<uint8_t>(wanted)));
    return found <= range.last ? std::optional(found) : std::nullopt;
  };
  uint64_t at = range.first / 8;
  const unsigned mask = mask_from(range.first);
  const unsigned head = (byte_at(bytes, at) & mask) | (other & ~mask);
  if ((head ^ other) != 0) return first_in(at, head);
  ++at;
  const Bytes rest = bytes.substr(at, range.last / 8 + 1 - at);
  at += wide::find_not(rest, static_cast<char>(other));
  return at > range.last / 8 ? std::nullopt : first_in(at, byte_at(bytes, at));
}

void bitcount(Call& call) {
  RangeArguments range;
  if (!range.read(call, 2)) return;
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  const StringText text(entry);
  const auto bits = range.reversed() ? std::nullopt : range.bits(text.bytes().size());
  call.reply.integer(bits ? static_cast<int64_t>(count(text.bytes(), *bits)) : 0);
}

void bitpos(Call& call) {
  const auto bit = integer_argument(call, call.args[2]);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) {
    call.error("ERR The bit argument must be 1 or 0.");
    return;
  }
  RangeArguments range;
  if (!range.read(call, 3)) return;
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  if (entry == nullptr) {
    call.reply.integer(*bit == 1 ? -1 : 0);
    return;
  }
  const StringText text(entry);
  const auto bits = range.bits(text.bytes().size());
  if (!bits) {
    call.reply.integer(-1);
    return;
  }
  auto found = find(text.bytes(), *bits, *bit == 1);
  // Without an end there are zeros behind the string.
  if (!found && *bit == 0 && !range.end_given) found = text.bytes().size() * 8;
  call.reply.integer(found ? static_cast<int64_t>(*found) : -1);
}

constexpr CommandRow kRows[] = {
    {.name = "bitcount",
     .arity = -2,
     .flags = kReadonly,
     .categories = kAclBitmap,
     .keys = kOneReadAccess,
     .group = "bitmap",
     .since = "2.6.0",
     .complexity = "O(N) in the bytes of the range",
     .summary = "Counts the bits that are set in a string, or in a part of it.",
     .syntax = "key [start:integer [end:integer [BYTE|BIT]]]",
     .handler = bitcount},
    {.name = "bitpos",
     .arity = -3,
     .flags = kReadonly,
     .categories = kAclBitmap,
     .keys = kOneReadAccess,
     .group = "bitmap",
     .since = "2.8.7",
     .complexity = "O(N) in the bytes of the range",
     .summary = "Finds the first bit of a string, or of a part of it, that is set or clear.",
     .syntax = "key bit:integer [start:integer [end:integer [BYTE|BIT]]]",
     .handler = bitpos},
};

}  // namespace

CommandFamily bit_count_commands() { return kRows; }

}  // namespace kevy
