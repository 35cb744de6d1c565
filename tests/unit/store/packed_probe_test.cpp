#include "store/packed/packed_probe.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace kevy;

namespace {

/// Values of every kind of code, and such as differ in their first, last or a middle byte only.
std::vector<std::string> values() {
  std::vector<std::string> all = {"", "a", "b", "ab", "member:", "member:1x", "member:2x", "nember:1x",
                                  "127", "128", "-1", "4095", "4096", "-5000", "70000", "-9000000",
                                  "2147483648", "-9223372036854775808", "9223372036854775807",
                                  std::string("\0", 1), std::string("a\0", 2)};
  for (const size_t size : {6, 7, 8, 9, 62, 63, 64, 65, 4095, 4096, 5000}) {
    std::string text(size, 'x');
    all.push_back(text);
    text.front() = 'y';
    all.push_back(text);
    text.back() = 'z';
    all.push_back(text);
  }
  return all;
}

}  // namespace

TEST_CASE("a probe tells its value from every other, wherever in a sequence it is") {
  const std::vector<std::string> all = values();
  // Exactly as much memory as the sequence needs, so that the sanitizers see a read behind it.
  std::vector<char> sequence;
  std::vector<size_t> starts;
  for (int turn = 0; turn < 2; ++turn) {
    for (size_t i = 0; i < all.size(); ++i) {
      const Packing code(all[turn == 0 ? i : all.size() - 1 - i]);
      starts.push_back(sequence.size());
      sequence.resize(sequence.size() + code.size());
      code.write(sequence.data() + starts.back());
    }
  }
  sequence.shrink_to_fit();
  const char* const end = sequence.data() + sequence.size();
  for (const std::string& value : all) {
    const Packing code(value);
    const PackedProbe probe(code);
    for (const size_t start : starts) {
      const char* at = sequence.data() + start;
      char digits[kIntegerTextMax];
      REQUIRE(probe.equals(at, end) == (read_packed(at).text(digits) == value));
    }
  }
}
