#include "persist/aof/sum_line.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>
#include <cstring>
#include <new>

namespace kevy {

namespace {

constexpr size_t kHashDigits = 16, kOwnDigits = 8;

char* put_hexadecimal(char* to, uint64_t value, size_t digits) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = digits; i-- > 0; value >>= 4) to[i] = kDigits[value & 0xf];
  return to + digits;
}

uint64_t own_hash(Bytes line) noexcept {
  return XXH3_64bits(line.data(), line.size()) & 0xffffffff;
}

/// Takes a number from the front of the text with the colon behind it, in the only way of writing
/// it.
bool take_decimal(Bytes& text, uint64_t& value) noexcept {
  const char* const end = text.data() + text.size();
  const auto [at, wrong] = std::from_chars(text.data(), end, value);
  if (wrong != std::errc() || at == end || *at != ':') return false;
  text.remove_prefix(static_cast<size_t>(at - text.data()) + 1);
  return true;
}

bool parse_hexadecimal(Bytes text, uint64_t& value) noexcept {
  const char* const end = text.data() + text.size();
  const auto [at, wrong] = std::from_chars(text.data(), end, value, 16);
  return wrong == std::errc() && at == end;
}

}  // namespace

static_assert(sizeof(XXH3_state_t) <= sizeof(GroupHash) && alignof(XXH3_state_t) <= 64);

GroupHash::GroupHash() noexcept { XXH3_64bits_reset(new (state_) XXH3_state_t); }

void GroupHash::add(Bytes bytes) noexcept {
  XXH3_64bits_update(std::launder(reinterpret_cast<XXH3_state_t*>(state_)), bytes.data(),
                     bytes.size());
}

uint64_t GroupHash::value() const noexcept {
  return XXH3_64bits_digest(std::launder(reinterpret_cast<const XXH3_state_t*>(state_)));
}

size_t SumLine::put(char* to) const noexcept {
  char* at = to;
  std::memcpy(at, kBeginning.data(), kBeginning.size());
  at += kBeginning.size();
  for (const uint64_t number : {bytes, safe}) {
    at = std::to_chars(at, to + kMax, number).ptr;
    *at++ = ':';
  }
  at = put_hexadecimal(at, hash, kHashDigits);
  const uint64_t own = own_hash({to, static_cast<size_t>(at - to)});
  *at++ = ':';
  at = put_hexadecimal(at, own, kOwnDigits);
  *at++ = '\r';
  *at++ = '\n';
  return static_cast<size_t>(at - to);
}

// What it says is right if it is the line that is made of that.
std::optional<SumLine> SumLine::parse(Bytes line) noexcept {
  if (!line.starts_with(kBeginning) || line.size() + 2 > kMax) return std::nullopt;
  Bytes rest = line.substr(kBeginning.size());
  SumLine sum;
  if (!take_decimal(rest, sum.bytes) || !take_decimal(rest, sum.safe)) return std::nullopt;
  if (rest.size() != kHashDigits + 1 + kOwnDigits) return std::nullopt;
  if (!parse_hexadecimal(rest.substr(0, kHashDigits), sum.hash)) return std::nullopt;
  char text[kMax];
  const size_t size = sum.put(text);
  if (Bytes(text, size - 2) != line) return std::nullopt;
  return sum;
}

}  // namespace kevy
