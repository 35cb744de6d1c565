// The hash of a key: SipHash-1-3 (Aumasson and Bernstein, 2012) under a secret drawn at random once
// per process. It is a pseudorandom function as far as anybody knows, so a client cannot choose
// keys that collide, not even after it has seen bits of hashes: SCAN shows keys in the order of
// them.
//
// Every table whose keys come from outside hashes with this. XXH3 under a secret would cost half as
// much, but is no pseudorandom function: pairs of keys are known that collide under one in 2^27 of
// all secrets, and keys of up to three bytes are mixed with only 32 bits of the secret.
//
// Hashes differ from process to process and are never written to disk or sent over a wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace kevy {

struct HashSecret {
  uint64_t low;
  uint64_t high;

  /// The process's secret; drawn on the first call, constant afterwards. Any thread.
  static const HashSecret& process();
};

/// The state of SipHash, and what it does to it.
class SipState {
 public:
  explicit SipState(const HashSecret& secret) noexcept
      : v0_(secret.low ^ 0x736f6d6570736575),
        v1_(secret.high ^ 0x646f72616e646f6d),
        v2_(secret.low ^ 0x6c7967656e657261),
        v3_(secret.high ^ 0x7465646279746573) {}

  void absorb(uint64_t word) noexcept {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  uint64_t finish() noexcept {
    v2_ ^= 0xff;
    round();
    round();
    round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  [[gnu::always_inline]] void round() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32) + v3_;
    v2_ += v1_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
};

/// The bytes behind the last whole word of the `size` at `data`, seven at most, as a number.
/// Reads two overlapping pieces instead of byte after byte.
inline uint64_t last_bytes(const char* data, size_t size) noexcept {
  static_assert(std::endian::native == std::endian::little);
  if (size >= 8) {
    uint64_t word;
    std::memcpy(&word, data + size - 8, 8);
    return word >> (8 * (7 - (size & 7))) >> 8;
  }
  if (size >= 4) {
    uint32_t first, last;
    std::memcpy(&first, data, 4);
    std::memcpy(&last, data + size - 4, 4);
    return first | static_cast<uint64_t>(last) << (8 * (size - 4));
  }
  if (size == 0) return 0;
  const auto byte = [data](size_t at) {
    return static_cast<uint64_t>(static_cast<unsigned char>(data[at])) << (8 * at);
  };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

inline uint64_t hash_bytes(Bytes bytes, const HashSecret& secret) noexcept {
  SipState state(secret);
  const char* const words_end = bytes.data() + (bytes.size() & ~size_t{7});
  for (const char* at = bytes.data(); at != words_end; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    state.absorb(word);
  }
  state.absorb(last_bytes(bytes.data(), bytes.size()) | static_cast<uint64_t>(bytes.size()) << 56);
  return state.finish();
}

}  // namespace kevy
