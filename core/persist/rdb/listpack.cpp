#include "persist/rdb/listpack.h"

#include <algorithm>

namespace kevy {

namespace {

constexpr size_t kHead = 6;
constexpr size_t kCountUnknown = 0xffff;
constexpr char kEnd = static_cast<char>(0xff);

// How many bytes the length behind an element takes.
size_t length_size(size_t size) noexcept {
  size_t bytes = 1;
  for (; size > 0x7f; size >>= 7) ++bytes;
  return bytes;
}

uint8_t byte_at(const char* at) noexcept { return static_cast<uint8_t>(*at); }

// The bytes of the code at `at`, of which `left` bytes may be looked at; 0 where there is none.
size_t code_size(const char* at, size_t left) noexcept {
  const uint8_t kind = byte_at(at);
  const size_t head = kind < 0xc0 ? 1 : kind < 0xf0 ? 2 : kind == 0xf0 ? 5 : 1;
  if (kind > 0xf4 || left < head) return 0;
  const size_t size = packed_size(at);
  return size <= left ? size : 0;
}

// The bytes of the length behind a code of `size` bytes; 0 where it is another one.
size_t check_length(const char* at, size_t left, size_t size) noexcept {
  size_t bytes = length_size(size);
  if (has_disputed_length(size) && left != 0 && *at == 0) ++bytes;
  if (left < bytes) return 0;
  for (size_t i = 0; i < bytes; ++i) {
    const auto digit =
        static_cast<uint8_t>((size >> (7 * (bytes - 1 - i)) & 0x7f) | (i != 0 ? 0x80 : 0));
    if (byte_at(at + i) != digit) return 0;
  }
  return bytes;
}

}  // namespace

void ListpackWriter::clear() {
  bytes_.assign(kHead, '\0');
  count_ = 0;
  disputed_ = false;
}

void ListpackWriter::add(const Packing& packing) {
  const size_t size = packing.size(), at = bytes_.size();
  bytes_.resize(at + size);
  packing.write(bytes_.data() + at);
  for (size_t left = length_size(size); left-- != 0;) {
    const auto digit = static_cast<uint8_t>(size >> (7 * left) & 0x7f);
    bytes_ += static_cast<char>(left + 1 == length_size(size) ? digit : digit | 0x80);
  }
  disputed_ = disputed_ || has_disputed_length(size);
  ++count_;
}

Bytes ListpackWriter::finish() {
  bytes_ += kEnd;
  const auto size = static_cast<uint32_t>(bytes_.size());
  const auto count = static_cast<uint16_t>(std::min(count_, kCountUnknown));
  std::memcpy(bytes_.data(), &size, sizeof size);
  std::memcpy(bytes_.data() + sizeof size, &count, sizeof count);
  return bytes_;
}

std::optional<Listpack> Listpack::open(Bytes bytes) noexcept {
  if (bytes.size() < kHead + 1 || bytes.back() != kEnd) return std::nullopt;
  uint32_t size;
  uint16_t count;
  std::memcpy(&size, bytes.data(), sizeof size);
  std::memcpy(&count, bytes.data() + sizeof size, sizeof count);
  if (size != bytes.size()) return std::nullopt;
  const char* const begin = bytes.data() + kHead;
  const char* const end = bytes.data() + bytes.size() - 1;
  size_t elements = 0;
  for (const char* at = begin; at != end; ++elements) {
    const auto left = static_cast<size_t>(end - at);
    const size_t code = code_size(at, left);
    if (code == 0) return std::nullopt;
    const size_t length = check_length(at + code, left - code, code);
    if (length == 0) return std::nullopt;
    at += code + length;
  }
  if (count != kCountUnknown && count != elements) return std::nullopt;
  return Listpack(begin, end, elements);
}

PackedElement Listpack::next() noexcept {
  const PackedElement element = read_packed(at_);
  const size_t size = packed_size(at_);
  at_ += size;
  at_ += length_size(size) + (has_disputed_length(size) && *at_ == 0 ? 1 : 0);
  return element;
}

}  // namespace kevy
