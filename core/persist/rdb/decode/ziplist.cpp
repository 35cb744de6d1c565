#include "persist/rdb/decode/ziplist.h"

namespace kevy {

namespace {

constexpr size_t kHead = 10;
constexpr size_t kCountUnknown = 0xffff;
constexpr uint8_t kLong = 0xfe, kEnd = 0xff;

uint8_t byte_at(const char* at) noexcept { return static_cast<uint8_t>(*at); }

template <typename Number>
Number load(const char* at) noexcept {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

// What stands in front of an element's bytes, and those.
struct Code {
  size_t head = 0;  // with the size of the element before; 0: there is none
  size_t before = 0;
  size_t size = 0;
  bool is_integer = false;
  unsigned kind = 0;
};

size_t integer_width(unsigned kind) noexcept {
  switch (kind) {
    case 0xc0:
      return 2;
    case 0xd0:
      return 4;
    case 0xe0:
      return 8;
    case 0xf0:
      return 3;
    default:
      return 1;  // 0xfe
  }
}

Code read_code(const char* at, size_t left) noexcept {
  Code code;
  if (left == 0) return {};
  size_t head = 1;
  code.before = byte_at(at);
  if (code.before == kLong) {
    head = 5;
    if (left < head) return {};
    code.before = load<uint32_t>(at + 1);
  }
  if (left <= head) return {};
  const unsigned kind = byte_at(at + head);
  code.kind = kind;
  if (kind < 0x40) {
    code.size = kind;
    head += 1;
  } else if (kind < 0x80) {
    if (left < head + 2) return {};
    code.size = (kind & 0x3f) << 8 | byte_at(at + head + 1);
    head += 2;
  } else if (kind < 0xc0) {
    if (kind != 0x80 || left < head + 5) return {};
    for (size_t i = 1; i <= 4; ++i) code.size = code.size << 8 | byte_at(at + head + i);
    head += 5;
  } else {
    const bool small = kind > 0xf0 && kind < 0xfe;  // the number is in the kind
    const bool known =
        small || kind == 0xc0 || kind == 0xd0 || kind == 0xe0 || kind == 0xf0 || kind == 0xfe;
    if (!known) return {};
    code.is_integer = true;
    code.size = small ? 0 : integer_width(kind);
    head += 1;
  }
  if (code.size > left - head) return {};
  code.head = head;
  return code;
}

int64_t read_integer(const Code& code, const char* at) noexcept {
  if (code.size == 0) return static_cast<int64_t>(code.kind & 0x0f) - 1;
  uint64_t bits = 0;
  std::memcpy(&bits, at, code.size);
  const unsigned unused = 64 - 8 * static_cast<unsigned>(code.size);
  return static_cast<int64_t>(bits << unused) >> unused;
}

}  // namespace

std::optional<Ziplist> Ziplist::open(Bytes bytes) noexcept {
  if (bytes.size() < kHead + 1 || static_cast<uint8_t>(bytes.back()) != kEnd) return std::nullopt;
  if (load<uint32_t>(bytes.data()) != bytes.size()) return std::nullopt;
  const size_t last_at = load<uint32_t>(bytes.data() + 4);
  const size_t count = load<uint16_t>(bytes.data() + 8);
  const char* const begin = bytes.data() + kHead;
  const char* const end = bytes.data() + bytes.size() - 1;
  size_t elements = 0, before = 0;
  const char* last = begin;
  for (const char* at = begin; at != end; ++elements) {
    const Code code = read_code(at, static_cast<size_t>(end - at));
    if (code.head == 0 || code.before != before) return std::nullopt;
    before = code.head + code.size;
    last = at;
    at += before;
  }
  if (count != kCountUnknown && count != elements) return std::nullopt;
  if (last_at != static_cast<size_t>(last - bytes.data())) return std::nullopt;
  return Ziplist(begin, end, elements);
}

PackedElement Ziplist::next() noexcept {
  const Code code = read_code(at_, static_cast<size_t>(end_ - at_));
  const char* const value = at_ + code.head;
  at_ = value + code.size;
  if (code.is_integer) return {true, read_integer(code, value), {}};
  return {false, 0, {value, code.size}};
}

Zipmap::Zipmap(Bytes bytes) noexcept
    : at_(bytes.data()), end_(at_), valid_(bytes.size() >= 2 && byte_at(&bytes.back()) == kEnd) {
  if (!valid_) {
    end_ = at_ + bytes.size();
    return;
  }
  end_ = at_ + bytes.size() - 1;
  ++at_;
}

std::optional<size_t> Zipmap::length() noexcept {
  if (left() == 0) return std::nullopt;
  const uint8_t first = byte_at(at_++);
  if (first < kLong) return first;
  if (first != kLong || left() < 4) return std::nullopt;
  const size_t length = load<uint32_t>(at_);
  at_ += 4;
  return length;
}

std::optional<std::pair<Bytes, Bytes>> Zipmap::next() noexcept {
  if (!valid_) return std::nullopt;
  const auto field_size = length();
  if (!field_size || *field_size > left()) return std::nullopt;
  const Bytes field(at_, *field_size);
  at_ += *field_size;
  const auto value_size = length();
  if (!value_size || left() == 0) return std::nullopt;
  const size_t unused = byte_at(at_++);
  if (*value_size + unused > left()) return std::nullopt;
  const Bytes value(at_, *value_size);
  at_ += *value_size + unused;
  return std::pair(field, value);
}

}  // namespace kevy
