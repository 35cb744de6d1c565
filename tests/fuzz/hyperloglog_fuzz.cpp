// Whatever stands in a string that looks like a HyperLogLog: reading it stays inside, all ways of
// reading agree whether it is one, and changing one gives one.
//
// Input: what is done and how often, then the string behind its head.
#include <string>
#include <vector>

#include "fuzz.h"
#include "store/hyperloglog/sparse.h"

namespace {

using kevy::Bytes;
using namespace kevy::hyperloglog;

// In memory of just its size, so that the sanitizers see what is read beside it.
struct Exact {
  explicit Exact(Bytes from) : copy(from.begin(), from.end()) {}
  Bytes bytes() const { return {copy.data(), copy.size()}; }
  std::vector<char> copy;
};

void check_sound(Bytes bytes, bool sound) {
  Registers registers;
  FUZZ_CHECK(merge(registers, bytes) == sound);
  const auto count = estimate(bytes);
  FUZZ_CHECK(count.has_value() == sound);
  if (!sound) return;
  for (size_t i = 0; i < kRegisters; i += 97) {
    const Mark mark{i, static_cast<uint8_t>(registers.value[i] + 1)};
    FUZZ_CHECK(look(bytes, mark) == Draft::Outcome::kRaised);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  const uint8_t raises = input.byte();
  const auto sparse_max = input.raw<uint16_t>();
  std::vector<Mark> marks;
  for (uint8_t i = 0; i < raises; ++i) {
    const auto index = input.raw<uint16_t>();
    marks.push_back({index % kRegisters, static_cast<uint8_t>(1 + input.below(51))});
  }
  const std::string head = std::string("HYLL\1") + std::string(11, '\0');
  const Exact exact(head + std::string(input.rest()));
  FUZZ_CHECK(looks_like_one(exact.bytes()));
  Registers registers;
  const bool sound = merge(registers, exact.bytes());
  check_sound(exact.bytes(), sound);
  Draft draft(exact.bytes(), sparse_max);
  for (const Mark mark : marks) {
    const Draft::Outcome expected = look(draft.bytes(), mark);
    const Draft::Outcome outcome = draft.raise(mark);
    FUZZ_CHECK(outcome == expected || outcome == Draft::Outcome::kCorrupt);
    FUZZ_CHECK(!sound || outcome == expected);
    if (sound) registers.value[mark.index] = std::max(registers.value[mark.index], mark.rank);
  }
  if (!sound) return 0;
  const Exact changed(draft.bytes());
  Registers now;
  FUZZ_CHECK(looks_like_one(changed.bytes()) && merge(now, changed.bytes()));
  FUZZ_CHECK(now.value == registers.value);
  FUZZ_CHECK(draft.make_dense());
  return 0;
}
