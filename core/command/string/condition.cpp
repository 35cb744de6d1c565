#include "command/string/condition.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace kevy {

namespace {

constexpr size_t kDigestSize = 16;

bool is_hexadecimal(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

std::string digest_of(Bytes value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digest(kDigestSize, '0');
  uint64_t hash = XXH3_64bits(value.data(), value.size());
  for (size_t i = kDigestSize; i-- > 0; hash >>= 4) digest[i] = kDigits[hash & 0xf];
  return digest;
}

bool StringCondition::holds(const Entry* entry) const {
  if (kind == Kind::kNone) return true;
  if (entry == nullptr) return kind == Kind::kDifferent || kind == Kind::kDigestDifferent;
  const StringText text(entry);
  switch (kind) {
    case Kind::kEqual:
      return text.bytes() == wanted;
    case Kind::kDifferent:
      return text.bytes() != wanted;
    case Kind::kDigestEqual:
      return equals_ignoring_case(wanted, digest_of(text.bytes()));
    case Kind::kDigestDifferent:
      return !equals_ignoring_case(wanted, digest_of(text.bytes()));
    default:
      return true;
  }
}

bool read_condition(Options& options, StringCondition& condition) {
  using Kind = StringCondition::Kind;
  static constexpr struct {
    Bytes name;
    Kind kind;
  } kConditions[] = {{"ifeq", Kind::kEqual}, {"ifne", Kind::kDifferent},
                     {"ifdeq", Kind::kDigestEqual}, {"ifdne", Kind::kDigestDifferent}};
  for (const auto& [name, kind] : kConditions) {
    if (!options.next_is(name, 1)) continue;
    condition = {kind, options.value()};
    return true;
  }
  return false;
}

bool check_condition(Call& call, const StringCondition& condition) {
  using Kind = StringCondition::Kind;
  if (condition.kind != Kind::kDigestEqual && condition.kind != Kind::kDigestDifferent) return true;
  const Bytes digest = condition.wanted;
  if (digest.size() == kDigestSize && std::all_of(digest.begin(), digest.end(), is_hexadecimal)) {
    return true;
  }
  call.error("ERR must be exactly 16 hexadecimal characters");
  return false;
}

}  // namespace kevy
