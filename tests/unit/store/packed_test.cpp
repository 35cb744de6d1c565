#include "store/packed/packed.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

namespace {

// The code alone in memory of exactly its size, so that a sanitizer sees a read behind it.
struct Alone {
  explicit Alone(const Packing& packing)
      : size(packing.size()), memory(std::make_unique<char[]>(size)) {
    REQUIRE(packing.write(memory.get()) == memory.get() + size);
  }
  Bytes bytes() const { return {memory.get(), size}; }
  size_t size;
  std::unique_ptr<char[]> memory;
};

std::string text_of(const char* at) {
  char digits[kIntegerTextMax];
  return std::string(read_packed(at).text(digits));
}

// Numbers at and around every border of the codes.
std::vector<int64_t> border_numbers() {
  std::vector<int64_t> numbers = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
  for (const unsigned bits : {0u, 7u, 12u, 13u, 15u, 16u, 23u, 24u, 31u, 32u, 62u}) {
    for (int64_t near = -2; near <= 2; ++near) {
      numbers.push_back((int64_t{1} << bits) + near);
      numbers.push_back(-(int64_t{1} << bits) + near);
    }
  }
  return numbers;
}

// Strings that are no numbers: of lengths at the borders, and those that nearly are numbers.
std::vector<std::string> border_strings() {
  std::vector<std::string> strings = {"-",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "01",
                                      "-0",
                                      "00",
                                      "1.0",
                                      "1e5",
                                      "0x1",
                                      "--1",
                                      "-a",
                                      "/",
                                      ":",
                                      "9a",
                                      "\xff",
                                      "12\n",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "18446744073709551616",
                                      std::string("1\0", 2),
                                      std::string("\0", 1)};
  for (const size_t size :
       {0,  1,  2,  3,  4,   7,   8,   9,   15,  16,   17,   19,   20,   21,    31,    32,   33,
        62, 63, 64, 65, 127, 128, 255, 256, 257, 4094, 4095, 4096, 4097, 65535, 65536, 70000}) {
    strings.emplace_back(size, 'x');
    if (size != 0) strings.back().back() = 'y';
  }
  return strings;
}

size_t expected_size(int64_t number) {
  if (number >= 0 && number <= 127) return 1;
  if (number >= -4096 && number <= 4095) return 2;
  if (number >= INT16_MIN && number <= INT16_MAX) return 3;
  if (number >= -(1 << 23) && number < 1 << 23) return 4;
  if (number >= INT32_MIN && number <= INT32_MAX) return 5;
  return 9;
}

size_t expected_size(const std::string& text) {
  return text.size() + (text.size() < 64 ? 1 : text.size() < 4096 ? 2 : 5);
}

}  // namespace

TEST_CASE("a number is packed as a number in as few bytes as its code allows, and read back") {
  for (const int64_t number : border_numbers()) {
    CAPTURE(number);
    const std::string text = std::to_string(number);
    const Alone from_number{Packing(number)}, from_text{Packing(Bytes(text))};
    CHECK(from_number.bytes() == from_text.bytes());
    CHECK(from_number.size == expected_size(number));
    CHECK(packed_size(from_number.memory.get()) == from_number.size);
    const PackedElement element = read_packed(from_number.memory.get());
    CHECK(element.is_integer);
    CHECK(element.integer == number);
    CHECK(text_of(from_number.memory.get()) == text);
  }
}

TEST_CASE("what is not the shortest decimal form of a number is packed as its bytes") {
  for (const std::string& text : border_strings()) {
    CAPTURE(text.size(), text.substr(0, 30));
    const Alone packed{Packing(Bytes(text))};
    CHECK(packed.size == expected_size(text));
    CHECK(packed_size(packed.memory.get()) == packed.size);
    const PackedElement element = read_packed(packed.memory.get());
    CHECK_FALSE(element.is_integer);
    CHECK(element.bytes == text);
    CHECK(text_of(packed.memory.get()) == text);
  }
}

TEST_CASE("an element equals a value when both are the same, and is never read behind") {
  std::vector<std::string> values = border_strings();
  for (const int64_t number : border_numbers()) values.push_back(std::to_string(number));
  // Same lengths and first bytes, other ends.
  values.insert(values.end(), {"xa", "xb", "xaaaaaaaaaaaaaaaaa", "xaaaaaaaaaaaaaaaab",
                               std::string(64, 'x'), std::string(4096, 'x')});
  std::vector<std::unique_ptr<Alone>> elements;
  for (const std::string& value : values) {
    elements.push_back(std::make_unique<Alone>(Packing(Bytes(value))));
  }
  for (const std::string& value : values) {
    const auto own = std::make_unique<char[]>(value.size());  // of exactly its size, too
    if (!value.empty()) std::memcpy(own.get(), value.data(), value.size());
    const Packing packing(Bytes(own.get(), value.size()));
    for (size_t i = 0; i < values.size(); ++i) {
      if (packing.equals(elements[i]->memory.get()) != (value == values[i])) {
        FAIL("'" << value.substr(0, 30) << "' and '" << values[i].substr(0, 30) << '\'');
      }
    }
  }
}

TEST_CASE("a value of 4 GB and more equals no element, whatever its first bytes") {
  const std::string text(5000, 'x');
  const Alone packed{Packing(Bytes(text))};
  // Never read: the length alone decides.
  const Packing huge(Bytes(text.data(), (uint64_t{1} << 32) + text.size()));
  CHECK_FALSE(huge.equals(packed.memory.get()));
  CHECK(huge.size() > text.size() + UINT32_MAX);
}

TEST_CASE("one value has one code: the codes differ where the values do") {
  std::vector<std::string> values = border_strings();
  for (const int64_t number : border_numbers()) values.push_back(std::to_string(number));
  for (const std::string& a : values) {
    for (const std::string& b : values) {
      if (a.size() > 300 || b.size() > 300) continue;
      if ((Alone(Packing(Bytes(a))).bytes() == Alone(Packing(Bytes(b))).bytes()) != (a == b)) {
        FAIL('\'' << a << "' and '" << b << '\'');
      }
    }
  }
}

TEST_CASE("a cursor finds the elements of a random sequence one after another") {
  Random random(GENERATE(1u, 2u, 3u));
  std::vector<std::string> values;
  std::string sequence;
  for (int i = 0; i < 3000; ++i) {
    switch (random.below(3)) {
      case 0:
        values.push_back(std::to_string(static_cast<int64_t>(random()) >> random.below(64)));
        break;
      case 1:
        values.emplace_back(random.below(100), static_cast<char>(random()));
        break;
      default:
        values.emplace_back(random.below(5000), 'v');
    }
    const Alone packed{Packing(Bytes(values.back()))};
    sequence += packed.bytes();
  }
  const auto exact = std::make_unique<char[]>(sequence.size());
  std::memcpy(exact.get(), sequence.data(), sequence.size());
  const Bytes all(exact.get(), sequence.size());
  PackedCursor cursor(all);
  for (const std::string& value : values) {
    REQUIRE_FALSE(cursor.done());
    REQUIRE(text_of(cursor.at()) == value);
    REQUIRE(Packing(Bytes(value)).equals(cursor.at()));
    REQUIRE(cursor.offset() == static_cast<size_t>(cursor.at() - all.data()));
    cursor.skip();
  }
  CHECK(cursor.done());
  CHECK(cursor.offset() == all.size());
  PackedCursor far(all);
  far.skip(2000);
  CHECK(text_of(far.at()) == values[2000]);
  far.skip(1000);
  CHECK(far.done());
  CHECK(PackedCursor(Bytes()).done());
}
