#include "base/sha1.h"

#include <bit>

namespace kevy {

namespace {

constexpr size_t kBlock = 64, kLengthAt = 56;

uint32_t load_big_endian(const unsigned char* from) noexcept {
  return uint32_t{from[0]} << 24 | uint32_t{from[1]} << 16 | uint32_t{from[2]} << 8 | from[3];
}

void store_big_endian(unsigned char* to, uint64_t value, int bytes) noexcept {
  for (int i = bytes - 1; i >= 0; --i, value >>= 8) to[i] = static_cast<unsigned char>(value);
}

struct State {
  std::array<uint32_t, 5> words{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

  void add(const unsigned char* block) noexcept {
    std::array<uint32_t, 80> schedule;
    for (size_t t = 0; t < 16; ++t) schedule[t] = load_big_endian(block + 4 * t);
    for (size_t t = 16; t < 80; ++t) {
      schedule[t] =
          std::rotl(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);
    }
    auto [a, b, c, d, e] = words;
    for (size_t t = 0; t < 80; ++t) {
      const uint32_t next = std::rotl(a, 5) + mixed(t, b, c, d) + e + schedule[t];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const uint32_t added[] = {a, b, c, d, e};
    for (size_t i = 0; i < 5; ++i) words[i] += added[i];
  }

 private:
  // The round's function with its constant.
  static uint32_t mixed(size_t t, uint32_t b, uint32_t c, uint32_t d) noexcept {
    if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
    if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
    if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
  }
};

}  // namespace

Sha1Digest sha1(Bytes message) noexcept {
  State state;
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  size_t left = message.size();
  for (; left >= kBlock; data += kBlock, left -= kBlock) state.add(data);
  // The rest, a bit, zeros, and the length in bits: a block or two.
  std::array<unsigned char, 2 * kBlock> end{};
  for (size_t i = 0; i < left; ++i) end[i] = data[i];
  end[left] = 0x80;
  const size_t size = left < kLengthAt ? kBlock : 2 * kBlock;
  store_big_endian(end.data() + size - 8, uint64_t{message.size()} * 8, 8);
  for (size_t at = 0; at < size; at += kBlock) state.add(end.data() + at);
  Sha1Digest digest;
  for (size_t i = 0; i < 5; ++i) store_big_endian(digest.data() + 4 * i, state.words[i], 4);
  return digest;
}

Sha1Hex sha1_hex(Bytes message) noexcept {
  constexpr char kHexDigits[] = "0123456789abcdef";
  Sha1Hex hex;
  size_t at = 0;
  for (const unsigned char byte : sha1(message)) {
    hex[at++] = kHexDigits[byte >> 4];
    hex[at++] = kHexDigits[byte & 15];
  }
  return hex;
}

}  // namespace kevy
