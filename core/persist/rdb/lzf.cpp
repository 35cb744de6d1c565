#include "persist/rdb/lzf.h"

#include <algorithm>
#include <bit>

namespace kevy {

namespace {

constexpr size_t kLiteralMax = 32;
constexpr size_t kMatchMin = 3, kMatchMax = 264, kReach = 8192;
constexpr size_t kShortMatchMax = 8;
constexpr uint32_t kLengthFollows = 7;
// How many places are remembered, of what is short and so on: clearing them is a part of the work.
constexpr size_t kSlotsFew = size_t{1} << 10, kSlotsSome = size_t{1} << 13,
                 kSlotsMany = size_t{1} << 15;

class Compressor {
 public:
  Compressor(Bytes plain, char* to, size_t capacity) noexcept
      : begin_(plain.data()), end_(begin_ + plain.size()), to_(to), limit_(to + capacity) {}

  template <size_t kSlots>
  bool run() noexcept {
    uint32_t slots[kSlots] = {};  // where three bytes were last seen, plus one
    constexpr auto kUnused = 32 - std::countr_zero(kSlots);
    const char* at = begin_;
    const char* literals = begin_;
    while (static_cast<size_t>(end_ - at) > kMatchMin) {
      uint32_t& slot = slots[three(at) * 0x9e3779b1U >> kUnused];
      const char* const before = begin_ + slot - 1;
      const bool seen = slot != 0;
      slot = static_cast<uint32_t>(at - begin_) + 1;
      if (!seen || static_cast<size_t>(at - before) > kReach || three(before) != three(at)) {
        ++at;
        continue;
      }
      const size_t size = match_size(before, at);
      if (!write_literals(literals, at) || !write_match(static_cast<size_t>(at - before), size)) {
        return false;
      }
      at += size;
      literals = at;
    }
    return write_literals(literals, end_);
  }

  const char* end_of_output() const noexcept { return to_; }

 private:
  static uint32_t three(const char* at) noexcept {
    return static_cast<uint32_t>(static_cast<uint8_t>(at[0])) << 16 |
           static_cast<uint32_t>(static_cast<uint8_t>(at[1])) << 8 | static_cast<uint8_t>(at[2]);
  }
  size_t room() const noexcept { return static_cast<size_t>(limit_ - to_); }
  size_t match_size(const char* before, const char* at) const noexcept {
    const size_t most = std::min(kMatchMax, static_cast<size_t>(end_ - at));
    size_t size = kMatchMin;
    while (size < most && before[size] == at[size]) ++size;
    return size;
  }
  bool write_literals(const char* from, const char* to) noexcept {
    while (from != to) {
      const size_t size = std::min(kLiteralMax, static_cast<size_t>(to - from));
      if (room() < size + 1) return false;
      *to_++ = static_cast<char>(size - 1);
      std::memcpy(to_, from, size);
      to_ += size;
      from += size;
    }
    return true;
  }
  bool write_match(size_t distance, size_t size) noexcept {
    if (room() < 3) return false;
    const auto back = static_cast<uint32_t>(distance - 1);
    const bool is_short = size <= kShortMatchMax;
    const uint32_t length = is_short ? static_cast<uint32_t>(size - 2) : kLengthFollows;
    *to_++ = static_cast<char>(length << 5 | back >> 8);
    if (!is_short) *to_++ = static_cast<char>(size - 2 - kLengthFollows);
    *to_++ = static_cast<char>(back);
    return true;
  }

  const char* const begin_;
  const char* const end_;
  char* to_;
  char* const limit_;
};

}  // namespace

size_t lzf_compress(Bytes plain, char* to, size_t capacity) noexcept {
  if (plain.size() >= UINT32_MAX) return 0;
  Compressor compressor(plain, to, capacity);
  const bool done = plain.size() <= kSlotsFew    ? compressor.run<kSlotsFew>()
                    : plain.size() <= kSlotsSome ? compressor.run<kSlotsSome>()
                                                 : compressor.run<kSlotsMany>();
  return done ? static_cast<size_t>(compressor.end_of_output() - to) : 0;
}

bool lzf_decompress(Bytes compressed, char* to, size_t size) noexcept {
  const auto* at = reinterpret_cast<const uint8_t*>(compressed.data());
  const auto* const end = at + compressed.size();
  size_t written = 0;
  while (at != end) {
    const uint32_t head = *at++;
    if (head < kLiteralMax) {
      const size_t run = head + 1;
      if (static_cast<size_t>(end - at) < run || size - written < run) return false;
      std::memcpy(to + written, at, run);
      at += run;
      written += run;
      continue;
    }
    size_t run = (head >> 5) + 2;
    if (head >> 5 == kLengthFollows) {
      if (at == end) return false;
      run += *at++;
    }
    if (at == end) return false;
    const size_t distance = ((head & 0x1f) << 8 | *at++) + 1;
    if (distance > written || size - written < run) return false;
    // Byte by byte: what is copied may begin with what is written.
    for (; run != 0; --run, ++written) to[written] = to[written - distance];
  }
  return written == size;
}

}  // namespace kevy
