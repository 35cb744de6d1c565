// A string entry as text, whatever form it has.
#pragma once

#include "base/number.h"
#include "resp/reply.h"
#include "store/entry.h"

namespace kevy {

/// The bytes of a string; an integer's digits are written to its own buffer. Good as long as the
/// entry and this object.
class StringText {
 public:
  explicit StringText(const Entry* entry) noexcept {
    if (entry == nullptr) return;
    bytes_ = entry->encoding() == Encoding::kInteger ? format_int64(entry->integer(), digits_)
                                                     : entry->string();
  }
  StringText(const StringText&) = delete;
  StringText& operator=(const StringText&) = delete;
  Bytes bytes() const noexcept { return bytes_; }

 private:
  char digits_[kIntegerTextMax];
  Bytes bytes_;
};

inline void reply_string(Reply& reply, const Entry& entry) {
  constexpr size_t kShareMin = 512;
  if (entry.encoding() == Encoding::kShared && entry.string().size() >= kShareMin) {
    reply.bulk(SharedBytes::share(entry.shared()));
  } else {
    reply.bulk(StringText(&entry).bytes());
  }
}

}  // namespace kevy
