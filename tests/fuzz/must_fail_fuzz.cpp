// The fuzzer that has to find something: run.sh and ctest both fail when this target passes, so
// that neither can look at nothing and call it clean.
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  FUZZ_CHECK(input.rest() != "!!");
  return 0;
}
