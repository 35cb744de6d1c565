#include "store/list/list_element.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

namespace {

std::string sequence_of(const std::vector<std::string>& values) {
  std::string sequence;
  for (const std::string& value : values) {
    const ListElement element(value);
    const size_t at = sequence.size();
    sequence.resize(at + element.size());
    REQUIRE(element.write(sequence.data() + at) == sequence.data() + sequence.size());
  }
  return sequence;
}

}  // namespace

TEST_CASE("elements of every size are walked from both sides") {
  std::vector<std::string> values = {"", "0", "127", "128", "-4096", "9223372036854775807"};
  for (const size_t size : {1u, 62u, 63u, 64u, 125u, 126u, 127u, 128u, 4095u, 4096u, 16381u, 16382u,
                            16383u, 16384u, 2097150u, 2097152u}) {
    values.push_back(std::string(size, 'x'));
  }
  const std::string sequence = sequence_of(values);
  const char* at = sequence.data();
  char digits[kIntegerTextMax];
  for (const std::string& value : values) {
    REQUIRE(read_packed(at).text(digits) == value);
    REQUIRE(ListElement(value).equals(at));
    at += list_element_size(at);
  }
  REQUIRE(at == sequence.data() + sequence.size());
  for (size_t i = values.size(); i-- > 0;) {
    at = list_element_before(at);
    REQUIRE(read_packed(at).text(digits) == values[i]);
  }
  REQUIRE(at == sequence.data());
  const ListRun run{sequence, values.size()};
  for (size_t i = 0; i < values.size(); ++i) {
    REQUIRE(read_packed(run.at(i)).text(digits) == values[i]);
  }
  CHECK(run.at(values.size()) == run.end());
}

TEST_CASE("the length behind an element is that of a listpack") {
  const std::string sequence = sequence_of({std::string(300, 'x')});
  // 302 bytes: 2 and 46, seven bits each, the first one without the high bit.
  CHECK(sequence.size() == 304);
  CHECK(sequence[302] == 2);
  CHECK(static_cast<uint8_t>(sequence[303]) == (0x80 | 46));
  CHECK(sequence_of({"ab"}) ==
        "\x82"
        "ab\x03");
}

TEST_CASE("elements are found by their value from either end, and left out") {
  const std::vector<std::string> values = {"a", "b", "a", "a", "c", "a"};
  const std::string sequence = sequence_of(values);
  const ListRun run{sequence, values.size()};
  const ListElement a("a");
  CHECK(run.find_equal(a, 9, End::kFront).count == 4);
  CHECK(run.find_equal(a, 9, End::kBack).count == 4);
  CHECK(run.find_equal(ListElement("d"), 9, End::kFront).count == 0);
  CHECK(run.find_equal(a, 2, End::kFront).offset == run.offset(0));
  CHECK(run.find_equal(a, 2, End::kBack).offset == run.offset(3));
  const auto without = [&](size_t max, End from) {
    const ListRun::Equal found = run.find_equal(a, max, from);
    std::string left = sequence;  // where it lies
    char* const first = left.data() + found.offset;
    const Bytes behind = Bytes(left).substr(found.offset);
    left.resize(static_cast<size_t>(copy_without(behind, a, found.count, first) - left.data()));
    return left;
  };
  CHECK(without(4, End::kFront) == sequence_of({"b", "c"}));
  CHECK(without(2, End::kFront) == sequence_of({"b", "a", "c", "a"}));
  CHECK(without(2, End::kBack) == sequence_of({"a", "b", "a", "c"}));
  CHECK(without(0, End::kBack) == sequence);
}

TEST_CASE("a limit is a number of elements, or kilobytes") {
  CHECK(ListLimit::of(-1).holds(4089, 100000));
  CHECK(!ListLimit::of(-1).holds(4090, 1));
  CHECK(ListLimit::of(-2).holds(8185, 1));
  CHECK(!ListLimit::of(-2).holds(8186, 1));
  CHECK(ListLimit::of(-5).holds(65529, 1));
  CHECK(!ListLimit::of(-5).holds(65530, 1));
  CHECK(ListLimit::of(-9).bytes == ListLimit::of(-5).bytes);
  CHECK(ListLimit::of(INT64_MIN).bytes == ListLimit::of(-5).bytes);
  CHECK(ListLimit::of(3).holds(100, 3));
  CHECK(!ListLimit::of(3).holds(100, 4));
  CHECK(!ListLimit::of(1000000).holds(8186, 1));
  CHECK(ListLimit::of(0).count == 1);
}
