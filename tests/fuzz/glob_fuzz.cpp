// Glob patterns match what the oracle says. A match that took more than its bound of steps would
// run into the fuzzer's time limit, so patterns and texts may be long.
//
// Input: whether case counts, the pattern's length, the pattern, the text.
#include "base/glob.h"
#include "fuzz.h"
#include "oracles/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  const uint8_t shape = input.byte();
  const bool ignore_case = (shape & 1) != 0;
  const size_t pattern_size = input.byte();
  const kevy::Bytes pattern = input.bytes(pattern_size);
  const kevy::Bytes text = input.rest();
  const bool matches = kevy::glob_match(pattern, text, ignore_case);
  FUZZ_CHECK(matches == kevy::oracle::Glob(pattern, ignore_case).matches(text));
  return 0;
}
