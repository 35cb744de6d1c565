#include "store/view/members_view.h"

#include "base/hash.h"

namespace kevy {

void MembersView::walk(ElementImages& to, size_t buckets) noexcept {
  to.take_from(kept_);
  to_ = &to;
  while (buckets != 0 && copy_next()) --buckets;
  to_ = nullptr;
}

void MembersView::copy(uint64_t number, bool for_change) {
  ElementImages& to = for_change ? kept_ : *to_;
  visit(number, [&](const void* item) {
    const Element copied = element(item);
    to.add(copied.bytes, copied.expires_at_ms);
  });
}

uint64_t MembersView::sum_of(uint64_t number) const noexcept {
  uint64_t sum = 0;
  visit(number, [&](const void* item) {
    const Element seen = element(item);
    sum = sum * 31 + hash_bytes(seen.bytes, HashSecret::process());
    sum = sum * 31 + static_cast<uint64_t>(seen.expires_at_ms);
  });
  return sum;
}

}  // namespace kevy
