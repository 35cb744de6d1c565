// What the fuzz targets share. A target is a file <name>_fuzz.cpp with LLVMFuzzerTestOneInput; it
// is built with libFuzzer (preset `fuzz`), or with replay.cpp into a program that runs its corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"

/// States what must hold for every input; ends the process where it does not.
#define FUZZ_CHECK(condition)                                                             \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace kevy::fuzz {

/// Takes an input apart from its front. What is asked for beyond its end is zero or empty.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return left_.empty(); }
  uint8_t byte() {
    const Bytes one = bytes(1);
    return one.empty() ? uint8_t{0} : static_cast<uint8_t>(one[0]);
  }
  uint8_t below(uint8_t bound) { return static_cast<uint8_t>(byte() % bound); }
  template <typename T>
  T raw() {
    T value{};
    const Bytes from = bytes(sizeof value);
    if (!from.empty()) std::memcpy(&value, from.data(), from.size());
    return value;
  }
  /// At most `count` bytes, views into the input.
  Bytes bytes(size_t count) {
    const Bytes front = left_.substr(0, count);
    left_.remove_prefix(front.size());
    return front;
  }
  Bytes rest() { return bytes(left_.size()); }

 private:
  Bytes left_;
};

}  // namespace kevy::fuzz
