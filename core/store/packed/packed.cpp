#include "store/packed/packed.h"

namespace kevy {

namespace {

constexpr uint8_t kString6 = 0x80, kInteger13 = 0xc0, kString12 = 0xe0, kString32 = 0xf0;
constexpr uint8_t kInteger16 = 0xf1, kInteger24 = 0xf2, kInteger32 = 0xf3, kInteger64 = 0xf4;
constexpr uint8_t kNoElement = 0xff;

uint8_t byte_at(const char* at) noexcept { return static_cast<uint8_t>(*at); }

size_t width_of(uint8_t kind) noexcept {
  return kind == kInteger16 ? 2 : kind == kInteger24 ? 3 : kind == kInteger32 ? 4 : 8;
}

uint32_t load_length32(const char* at) noexcept {
  uint32_t size;
  std::memcpy(&size, at, sizeof size);
  return size;
}

bool fits(int64_t number, unsigned bits) noexcept {
  const int64_t limit = int64_t{1} << (bits - 1);
  return number >= -limit && number < limit;
}

}  // namespace

void Packing::encode_integer(int64_t number) noexcept {
  payload_ = {};
  if (number >= 0 && number < 128) {
    head_[0] = static_cast<uint8_t>(number);
    head_size_ = 1;
  } else if (fits(number, 13)) {
    head_[0] = static_cast<uint8_t>(kInteger13 | (number >> 8 & 0x1f));
    head_[1] = static_cast<uint8_t>(number);
    head_size_ = 2;
  } else {
    head_[0] = fits(number, 16)   ? kInteger16
               : fits(number, 24) ? kInteger24
               : fits(number, 32) ? kInteger32
                                  : kInteger64;
    const size_t width = width_of(head_[0]);
    std::memcpy(head_ + 1, &number, width);
    head_size_ = static_cast<uint8_t>(1 + width);
  }
}

void Packing::encode_long_length(size_t size) noexcept {
  if (size < 4096) {
    head_[0] = static_cast<uint8_t>(kString12 | size >> 8);
    head_[1] = static_cast<uint8_t>(size);
    head_size_ = 2;
  } else {
    const auto size32 = static_cast<uint32_t>(size);
    head_[0] = size == size32 ? kString32 : kNoElement;
    std::memcpy(head_ + 1, &size32, sizeof size32);
    head_size_ = 5;
  }
}

size_t long_packed_size(const char* at) noexcept {
  const uint8_t kind = byte_at(at);
  if (kind < kString12) return 2;
  if (kind < kString32) return 2 + (static_cast<size_t>(kind & 0x0f) << 8 | byte_at(at + 1));
  if (kind == kString32) return 5 + static_cast<size_t>(load_length32(at + 1));
  return 1 + width_of(kind);
}

PackedElement read_packed(const char* at) noexcept {
  const uint8_t kind = byte_at(at);
  if (kind < kString6) return {true, kind, {}};
  if (kind < kInteger13) return {false, 0, {at + 1, static_cast<size_t>(kind & 0x3f)}};
  if (kind < kString12) {
    const int64_t bits = (kind & 0x1f) << 8 | byte_at(at + 1);
    return {true, bits < 1 << 12 ? bits : bits - (1 << 13), {}};
  }
  if (kind < kString32) {
    return {false, 0, {at + 2, static_cast<size_t>(kind & 0x0f) << 8 | byte_at(at + 1)}};
  }
  if (kind == kString32) return {false, 0, {at + 5, load_length32(at + 1)}};
  const size_t width = width_of(kind);
  uint64_t bits = 0;
  std::memcpy(&bits, at + 1, width);
  const unsigned unused = 64 - 8 * static_cast<unsigned>(width);
  return {true, static_cast<int64_t>(bits << unused) >> unused, {}};
}

}  // namespace kevy
