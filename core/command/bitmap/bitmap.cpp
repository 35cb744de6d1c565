// Single bits of strings: SETBIT, GETBIT.
#include <algorithm>

#include "command/bitmap/bit_offset.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"

namespace kevy {

namespace {

constexpr unsigned mask_of(uint64_t offset) noexcept { return 0x80u >> (offset & 7); }

void setbit(Call& call) {
  const auto offset = bit_offset_argument(call, call.args[2]);
  if (!offset) return;
  const auto bit = parse_int64(call.args[3]);
  if (!bit || (*bit != 0 && *bit != 1)) {
    call.error("ERR bit is not an integer or out of range");
    return;
  }
  const Key key = call.key(1);
  const Entry* entry = call.find_write(key);
  if (!require_string(call, entry)) return;
  const size_t before = StringText(entry).bytes().size();
  const size_t size = std::max<size_t>(*offset / 8 + 1, before);
  char& byte = call.keyspace(key).grow_string(key, size)[*offset / 8];
  const unsigned mask = mask_of(*offset), now = static_cast<unsigned char>(byte);
  const bool was_set = (now & mask) != 0;
  byte = static_cast<char>(*bit == 1 ? now | mask : now & ~mask);
  if (entry == nullptr) call.made(key);
  if (size != before || was_set != (*bit == 1)) call.changed(key, kEventString, "setbit");
  call.reply.integer(was_set ? 1 : 0);
}

void getbit(Call& call) {
  const auto offset = bit_offset_argument(call, call.args[2]);
  if (!offset) return;
  const Entry* entry = call.find_read(call.key(1));
  if (!require_string(call, entry)) return;
  const StringText text(entry);
  const bool set = *offset / 8 < text.bytes().size() &&
                   (static_cast<unsigned char>(text.bytes()[*offset / 8]) & mask_of(*offset)) != 0;
  call.reply.integer(set ? 1 : 0);
}

constexpr CommandRow kRows[] = {
    {.name = "setbit",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .categories = kAclBitmap,
     .keys = kOneAccessUpdate,
     .group = "bitmap",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Sets or clears a bit of a string, and answers what it was.",
     .syntax = "key offset:integer bit:integer",
     .handler = setbit},
    {.name = "getbit",
     .arity = 3,
     .flags = kReadonly | kFast,
     .categories = kAclBitmap,
     .keys = kOneReadAccess,
     .group = "bitmap",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Answers a bit of a string.",
     .syntax = "key offset:integer",
     .handler = getbit},
};

}  // namespace

CommandFamily bitmap_commands() { return kRows; }

}  // namespace kevy
