#include "base/shared_bytes.h"

#include <sys/mman.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "unit/base/mapped.h"

using namespace kevy;

TEST_CASE("a copy of bytes has them, and is its own") {
  std::string source("a\0b", 3);
  const SharedBytes copy = SharedBytes::copy_of(source);
  source[0] = 'x';
  CHECK(copy.bytes() == Bytes("a\0b", 3));
  CHECK(copy.unique());
  CHECK(SharedBytes::copy_of("").bytes().empty());
  CHECK(SharedBytes::copy_of(""));
}

TEST_CASE("none is empty, false and not unique") {
  const SharedBytes none;
  CHECK_FALSE(none);
  CHECK_FALSE(none.unique());
  CHECK(none.bytes().empty());
  CHECK(none.block() == nullptr);
}

TEST_CASE("a block has room for what was asked, and never less than its size") {
  const SharedBytes roomy = SharedBytes::allocate(3, 100);
  CHECK(roomy.bytes().size() == 3);
  CHECK(roomy.block()->capacity == 100);
  CHECK(SharedBytes::allocate(100, 3).block()->capacity == 100);
}

TEST_CASE("a long block is mapped, and goes back to the kernel") {
  for (const size_t size : {SharedBytes::kMappedMin, 3 * SharedBytes::kMappedMin + 12'345}) {
    const char* begin;
    {
      const SharedBytes block = SharedBytes::allocate(size, size);
      begin = block.bytes().data();
      CHECK(block.block()->capacity >= size);
      CHECK(block.block()->memory_bytes() >= size + sizeof(SharedBytes::Block));
      CHECK(block.block()->memory_bytes() < size + 128 * 1024);
      std::memset(block.block()->data(), 'x', block.block()->capacity);
    }
    CHECK_FALSE(test::is_mapped(begin));
    CHECK_FALSE(test::is_mapped(begin + size - 1));
  }
}

TEST_CASE("a block of zeros is zero, whatever its size") {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100'000}, SharedBytes::kMappedZerosMin,
                            SharedBytes::kMappedMin + 1}) {
    const char* begin;
    {
      // Memory that was in use before may be given out again.
      std::memset(SharedBytes::allocate(size, size).block()->data(), 'x', size);
      const SharedBytes block = SharedBytes::zeroed(size, 2 * size);
      begin = block.bytes().data();
      CHECK(block.bytes() == std::string(size, '\0'));
      CHECK(block.block()->capacity >= 2 * size);
      CHECK(block.block()->memory_bytes() >= 2 * size);
    }
    if (2 * size >= SharedBytes::kMappedZerosMin) CHECK_FALSE(test::is_mapped(begin + size));
  }
  CHECK_THROWS_AS(SharedBytes::zeroed(1, SIZE_MAX), std::bad_alloc);
}

TEST_CASE("a block that expects much can be written as far as it was opened") {
  constexpr size_t kSize = 300 * 1024 * 1024;
  SharedBytes block = SharedBytes::expecting(kSize);
  const SharedBytes::Block* const at = block.block();
  CHECK(block.bytes().empty());
  CHECK(at->capacity < 4 * 1024 * 1024);
  for (const size_t opened : {size_t{1}, size_t{5'000'000}, size_t{100'000'000}, kSize}) {
    block.open(opened);
    REQUIRE(block.block() == at);
    REQUIRE(at->capacity >= opened);
    block.block()->data()[opened - 1] = 'x';
  }
  CHECK(at->capacity < kSize + 128 * 1024);
  SharedBytes small = SharedBytes::expecting(100'000);
  CHECK(small.block()->capacity == 100'000);
}

TEST_CASE("a block of which little has come takes little memory, however much it expects") {
  for (const size_t size : {SharedBytes::kMappedMin, 100 * SharedBytes::kMappedMin}) {
    SharedBytes block = SharedBytes::expecting(size);
    block.block()->data()[0] = 'x';
    std::vector<unsigned char> resident(block.block()->capacity / 4096);
    REQUIRE(resident.size() > 100);
    REQUIRE(mincore(block.block(), resident.size() * 4096, resident.data()) == 0);
    CHECK(std::count_if(resident.begin(), resident.end(), [](auto page) { return (page & 1) != 0; }) < 10);
  }
}

TEST_CASE("more than there are addresses for is bad_alloc") {
  CHECK_THROWS_AS(SharedBytes::allocate(1, SIZE_MAX), std::bad_alloc);
  CHECK_THROWS_AS(SharedBytes::expecting(SIZE_MAX - 100), std::bad_alloc);
  CHECK_THROWS_AS(SharedBytes::expecting(size_t{1} << 60), std::bad_alloc);
}

TEST_CASE("copies share the block, and it is unique again when they are gone") {
  SharedBytes first = SharedBytes::copy_of("value");
  {
    const SharedBytes second = first;
    CHECK(second.block() == first.block());
    CHECK_FALSE(first.unique());
    SharedBytes third;
    third = second;
    CHECK(third.bytes() == "value");
  }
  CHECK(first.unique());
}

TEST_CASE("moving hands the reference over") {
  SharedBytes first = SharedBytes::copy_of("value");
  SharedBytes second = std::move(first);
  CHECK(second.unique());
  first = std::move(second);
  CHECK(first.unique());
  first = first;
  CHECK(first.bytes() == "value");
  CHECK(first.unique());
}

TEST_CASE("a released reference lives until it is adopted") {
  SharedBytes owner = SharedBytes::copy_of("value");
  SharedBytes::Block* block = owner.release();
  CHECK_FALSE(owner);
  const SharedBytes other = SharedBytes::share(block);
  CHECK_FALSE(other.unique());
  { const SharedBytes adopted = SharedBytes::adopt(block); }
  CHECK(other.unique());
  CHECK(other.bytes() == "value");
}

TEST_CASE("many threads may copy and drop at once") {
  constexpr int kThreads = 4, kRounds = 20'000;
  SharedBytes shared = SharedBytes::copy_of(std::string(1'000, 'v'));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([own = shared] {
      for (int i = 0; i < kRounds; ++i) {
        const SharedBytes copy = own;
        if (copy.bytes().size() != 1'000) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(shared.unique());
}
