// Commands that do one thing after another, a member each, where memory may run out in between.
//
// What was done before is undone (PartsDone tells what that was), or it stays, each part whole, and is
// reported and logged like a command that named no more (in_parts). Hashes have HashEdit instead, and
// strings StringBatch.
#pragma once

#include <cstdint>
#include <new>
#include <vector>

#include "runtime/dispatch/call.h"

namespace kevy {

/// Which of the parts of a command are to be undone if it cannot be completed.
class PartsDone {
 public:
  explicit PartsDone(size_t count) : more_(count / 64) {}

  void add(size_t part) noexcept { word(part) |= uint64_t{1} << part % 64; }
  bool has(size_t part) noexcept { return (word(part) >> part % 64 & 1) != 0; }

 private:
  uint64_t& word(size_t part) noexcept { return part < 64 ? first_ : more_[part / 64 - 1]; }

  uint64_t first_ = 0;
  std::vector<uint64_t> more_;
};

/// Calls part(i) for each part, which begins at argument `i` and has `words` words, and then
/// report(), which is to report the change and must not fail.
template <typename Part, typename Report>
void in_parts(Call& call, size_t first, size_t words, Part&& part, Report&& report) {
  size_t i = first;
  try {
    for (; i < call.argc(); i += words) part(i);
  } catch (const std::bad_alloc&) {
    call.did_only(i);
    report();
    throw;
  }
  report();
}

}  // namespace kevy
