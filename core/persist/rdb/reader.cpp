#include "persist/rdb/reader.h"

#include "persist/rdb/crc64.h"
#include "persist/rdb/forms.h"
#include "persist/rdb/lzf.h"

namespace kevy {

namespace {

constexpr size_t kWindow = size_t{64} << 10;
constexpr Bytes kCutOff = "it ends in the middle of something";
constexpr Bytes kTooLong = "a string is longer than any may be";
// What the store can count in 32 bits together with what lies beside it.
constexpr uint64_t kStringMost = (uint64_t{1} << 32) - 1024;

}  // namespace

void RdbReader::fail(Bytes error) {
  if (failed()) return;
  failed_at_ = position();
  error_ = error;
  at_ = end_;
  sum_up();
  source_ = nullptr;
}

void RdbReader::sum_up() noexcept {
  checksum_ = crc64(checksum_, {summed_, static_cast<size_t>(at_ - summed_)});
  summed_ = at_;
}

// Has what is unread, and as much behind it as there is, up to `wanted` bytes, be in the window,
// which grows only as the bytes come. False when there are fewer.
bool RdbReader::refill(size_t wanted) {
  if (source_ == nullptr) return false;
  sum_up();
  const auto unread = static_cast<size_t>(end_ - at_);
  before_ += static_cast<uint64_t>(at_ - begin_);
  if (window_.empty()) window_.resize(kWindow);
  if (unread != 0) std::memmove(window_.data(), at_, unread);
  size_t filled = unread;
  while (filled < wanted) {
    if (filled == window_.size()) window_.resize(std::min(wanted, 2 * filled));
    const size_t got = source_->read(window_.data() + filled, window_.size() - filled);
    if (got == 0) break;
    filled += got;
  }
  begin_ = at_ = summed_ = window_.data();
  end_ = begin_ + filled;
  return filled >= wanted;
}

Bytes RdbReader::more_bytes(uint64_t count) {
  if (failed()) return {};
  if (source_ == nullptr || count > SIZE_MAX / 4 || !refill(static_cast<size_t>(count))) {
    fail(kCutOff);
    return {};
  }
  at_ += count;
  return {at_ - count, static_cast<size_t>(count)};
}

bool RdbReader::at_end() { return at_ == end_ && !refill(1); }

bool RdbReader::look_further() {
  const size_t unread = ahead().size();
  return unread < kWindow && refill(unread + 1);
}

uint64_t RdbReader::number(unsigned size) {
  uint64_t number = 0;
  for (const char digit : bytes(size)) number = number << 8 | static_cast<uint8_t>(digit);
  return number;
}

uint64_t RdbReader::length() {
  uint64_t length = 0;
  if (!RdbForms::length(*this, byte(), length)) fail("there is no length where one belongs");
  return failed() ? 0 : length;
}

Bytes RdbReader::plain_string(uint64_t length) {
  if (length <= kStringMost) return bytes(length);
  fail(kTooLong);
  return {};
}

Bytes RdbReader::string() { return RdbForms::string(*this); }

Bytes RdbReader::no_string() {
  fail("there is no string where one belongs");
  return {};
}

Bytes RdbReader::compressed_string() {
  const uint64_t size = length();
  const uint64_t plain = length();
  const Bytes compressed = bytes(size);
  if (failed()) return {};
  if (plain > lzf_plain_max(size) || plain > kStringMost) {
    fail(plain > kStringMost ? kTooLong : Bytes("a compressed string is too short for its length"));
    return {};
  }
  plain_.resize(static_cast<size_t>(plain));
  if (!lzf_decompress(compressed, plain_.data(), plain_.size())) {
    fail("a compressed string is not what its length says");
    return {};
  }
  return plain_;
}

}  // namespace kevy
