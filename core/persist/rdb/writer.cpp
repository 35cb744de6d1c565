#include "persist/rdb/writer.h"

#include <bit>
#include <optional>

#include "base/number.h"
#include "persist/rdb/crc64.h"
#include "persist/rdb/lzf.h"

namespace kevy {

namespace {

constexpr size_t kIntegerTextLongest = 11;  // of a number of 32 bits
constexpr size_t kCompressedFrom = 21;      // bytes; less is not worth it
constexpr size_t kCompressedGain = 4;
constexpr size_t kCompressedMost = size_t{1} << 30;

template <typename Number>
bool fits(int64_t number) noexcept {
  return number == static_cast<Number>(number);
}

}  // namespace

void RdbWriter::bytes(Bytes bytes) {
  if (bytes.size() < kGathered) {
    buffer_ += bytes;
    if (buffer_.size() >= kGathered) flush();
    return;
  }
  flush();
  write_out(bytes);
}

void RdbWriter::length(uint64_t length) {
  if (length < 1 << 6) {
    byte(static_cast<uint8_t>(length));
  } else if (length < 1 << 14) {
    byte(static_cast<uint8_t>(kRdbLength14 << 6 | length >> 8));
    byte(static_cast<uint8_t>(length));
  } else {
    const bool is_short = length <= UINT32_MAX;
    byte(is_short ? kRdbLength32 : kRdbLength64);
    for (int shift = is_short ? 24 : 56; shift >= 0; shift -= 8) {
      byte(static_cast<uint8_t>(length >> shift));
    }
  }
}

void RdbWriter::number(int64_t number) {
  const auto special = [&](uint8_t kind, size_t width) {
    byte(static_cast<uint8_t>(kRdbSpecial << 6 | kind));
    append(&number, width);
  };
  if (fits<int8_t>(number)) {
    special(kRdbInteger8, 1);
  } else if (fits<int16_t>(number)) {
    special(kRdbInteger16, 2);
  } else if (fits<int32_t>(number)) {
    special(kRdbInteger32, 4);
  } else {
    char digits[kIntegerTextMax];
    const Bytes text = format_int64(number, digits);
    length(text.size());
    bytes(text);
  }
}

void RdbWriter::string(Bytes text) {
  if (text.size() <= kIntegerTextLongest && !text.empty() && text[0] <= '9') {
    const std::optional<int64_t> number = parse_int64(text);
    if (number && fits<int32_t>(*number)) {
      this->number(*number);
      return;
    }
  }
  if (compress_ && text.size() >= kCompressedFrom && text.size() <= kCompressedMost &&
      write_compressed(text)) {
    return;
  }
  length(text.size());
  bytes(text);
}

bool RdbWriter::write_compressed(Bytes text) {
  const size_t most = text.size() - kCompressedGain;
  if (compressed_.size() < most) compressed_.resize(most);
  const size_t size = lzf_compress(text, compressed_.data(), most);
  if (size != 0) {
    byte(static_cast<uint8_t>(kRdbSpecial << 6 | kRdbLzf));
    length(size);
    length(text.size());
    bytes({compressed_.data(), size});
  }
  constexpr size_t kKept = size_t{1} << 20;
  if (compressed_.size() > kKept) std::string().swap(compressed_);
  return size != 0;
}

void RdbWriter::flush() {
  write_out(buffer_);
  buffer_.clear();
}

void RdbWriter::write_out(Bytes bytes) {
  if (failed_ || bytes.empty()) return;
  if (!sink_.write(bytes)) {
    failed_ = true;
    return;
  }
  checksum_ = crc64(checksum_, bytes);
  written_ += bytes.size();
}

uint64_t RdbWriter::checksum() const noexcept { return crc64(checksum_, buffer_); }

}  // namespace kevy
