#include "base/big_memory.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

TEST_CASE("a block keeps what is in it while it grows, over the border to mapped ones") {
  Random random(7);
  BigMemory memory;
  std::string model;
  for (size_t size = 1; size < 8 * BigMemory::kMappedMin; size += 1 + random.below(size)) {
    memory.grow(size);
    REQUIRE(memory.size() == size);
    REQUIRE(std::memcmp(memory.data(), model.data(), model.size()) == 0);
    while (model.size() < size) model += static_cast<char>('a' + random.below(26));
    std::memcpy(memory.data(), model.data(), size);
  }
  BigMemory moved = std::move(memory);
  CHECK_FALSE(memory);  // NOLINT(bugprone-use-after-move)
  CHECK(std::memcmp(moved.data(), model.data(), model.size()) == 0);
  moved.release();
  CHECK(moved.size() == 0);
}

#ifndef KEVY_SANITIZED  // a sanitizer has its own allocator
namespace {

// Pages of memory that the process has resident.
size_t resident_pages() {
  std::ifstream file("/proc/self/statm");
  size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident;
}

}  // namespace

TEST_CASE("big blocks go back to the kernel though small ones lie behind them") {
  constexpr size_t kBlocks = 100, kSize = BigMemory::kMappedMin;
  const size_t before = resident_pages();
  std::vector<BigMemory> big, small;
  for (size_t i = 0; i < kBlocks; ++i) {
    big.emplace_back(kSize);
    std::memset(big.back().data(), 'x', kSize);
    small.emplace_back(100);
  }
  const size_t filled = resident_pages();
  CHECK(filled - before >= kBlocks * kSize / 4096 * 9 / 10);
  big.clear();
  CHECK(resident_pages() - before < (filled - before) / 10);
}
#endif
