#include "store/entry_memory.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "unit/base/mapped.h"

using namespace kevy;

namespace {

constexpr size_t kHead = sizeof(Entry);  // of a block, whose flags the test must not touch

struct Block {
  Entry* entry;
  size_t capacity;
  char mark;

  char* begin() const { return reinterpret_cast<char*>(entry) + kHead; }
  void fill() const { std::memset(begin(), mark, capacity - kHead); }
  bool whole() const {
    for (size_t i = 0; i < capacity - kHead; ++i) {
      if (begin()[i] != mark) return false;
    }
    return true;
  }
};

// As Entry gives them: multiples of a power of two that grows with them.
size_t random_capacity(Random& random) {
  switch (random.below(8)) {
    case 0:
      return (17 + random.below(16)) * (size_t{32} << random.below(3));
    case 1:
      return (17 + random.below(16)) * 256;  // more than lies in spans
    default:
      return (2 + random.below(63)) * 8;
  }
}

}  // namespace

TEST_CASE("blocks keep what is written to them, and their bytes add up") {
  Random random(GENERATE(1u, 2u, 3u));
  SpanPool pool;
  EntryMemory memory(pool);
  std::vector<Block> blocks;
  size_t bytes = 0, in_spans = 0;
  const auto release = [&](size_t i) {
    REQUIRE(blocks[i].whole());
    bytes -= EntryMemory::bytes_of(*blocks[i].entry);
    memory.release(blocks[i].entry);
    blocks[i] = blocks.back();
    blocks.pop_back();
  };
  for (size_t most : {5000u, 100u, 8000u, 0u}) {  // grows and shrinks
    while (blocks.size() != most) {
      const bool grows = blocks.size() < most;
      if (!blocks.empty() && (random.below(4) != 0) != grows) {
        release(random.below(blocks.size()));
        continue;
      }
      const size_t capacity = random_capacity(random);
      const Block block{memory.allocate(capacity), capacity, static_cast<char>(random())};
      REQUIRE(block.entry != nullptr);
      REQUIRE(EntryMemory::bytes_of(*block.entry) >= capacity);
      block.fill();
      bytes += EntryMemory::bytes_of(*block.entry);
      in_spans += EntryMemory::lies_in_span(*block.entry);
      blocks.push_back(block);
    }
    REQUIRE(memory.memory_bytes() == bytes);
  }
  REQUIRE(bytes == 0);
  REQUIRE(in_spans > 5000);
}

TEST_CASE("few blocks are allocations of their own") {
  SpanPool pool;
  EntryMemory memory(pool);
  std::vector<Entry*> entries;
  while (memory.memory_bytes() < 64 * 1024) {
    entries.push_back(memory.allocate(40));
    REQUIRE_FALSE(EntryMemory::lies_in_span(*entries.back()));
  }
  while (memory.memory_bytes() < 256 * 1024) entries.push_back(memory.allocate(40));
  REQUIRE(EntryMemory::lies_in_span(*entries.back()));
  REQUIRE(EntryMemory::bytes_of(*entries.back()) == 40);
  for (Entry* entry : entries) memory.release(entry);
  REQUIRE(memory.memory_bytes() == 0);
}

TEST_CASE("what lies in spans goes with its memory") {
  SpanPool pool;
  std::vector<Entry*> in_spans, alone;
  {
    EntryMemory memory(pool);
    for (int i = 0; i < 200'000; ++i) {
      Entry* entry = memory.allocate(56);
      (EntryMemory::lies_in_span(*entry) ? in_spans : alone).push_back(entry);
    }
    for (Entry* entry : alone) memory.release(entry);
  }
  REQUIRE(in_spans.size() > 150'000);
  pool.trim();
  for (const Entry* entry : in_spans) REQUIRE_FALSE(test::is_mapped(entry));
}
