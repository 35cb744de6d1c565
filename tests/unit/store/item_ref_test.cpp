#include "store/table/item_ref.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace kevy;

TEST_CASE("a reference gives its item back, whatever its extent") {
  std::vector<uint64_t> items(1000);  // fetch() may look behind an item, but not at what is there
  for (uint64_t& item : items) {
    for (unsigned extent = 0; extent < 8; ++extent) {
      const ItemRef ref(&item, extent);
      REQUIRE(ref.item() == &item);
      ref.fetch();
    }
  }
}

TEST_CASE("the extent grows with the bytes, a step a line or more, and has an end") {
  REQUIRE(ItemRef::extent_of(1) == 0);
  REQUIRE(ItemRef::extent_of(192) == 0);
  REQUIRE(ItemRef::extent_of(193) == 1);
  REQUIRE(ItemRef::extent_of(2048) == 7);
  REQUIRE(ItemRef::extent_of(SIZE_MAX) == 7);
  unsigned last = 0;
  for (size_t bytes = 1; bytes < 5000; ++bytes) {
    const unsigned extent = ItemRef::extent_of(bytes);
    REQUIRE((extent == last || (extent == last + 1 && bytes % 64 == 1)));
    last = extent;
  }
}
