#include "base/glob.h"

#include <catch2/catch.hpp>
#include <ctime>
#include <string>

#include "base/random.h"
#include "oracles/glob.h"

using namespace kevy;

namespace {

std::string pick(Random& random, Bytes alphabet, size_t size_max) {
  std::string text(random.below(size_max + 1), ' ');
  for (char& c : text) c = alphabet[random.below(alphabet.size())];
  return text;
}

double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace

TEST_CASE("random patterns match what the oracle matches") {
  Random random(1);
  size_t matches = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string pattern = pick(random, "aAbB-*?[]^\\", 9);
    const std::string text = pick(random, "aAbB-]\\", 6);
    const bool ignore_case = random.below(2) == 0;
    CAPTURE(pattern, text, ignore_case);
    const bool matched = glob_match(pattern, text, ignore_case);
    REQUIRE(matched == oracle::Glob(pattern, ignore_case).matches(text));
    matches += matched ? 1 : 0;
  }
  CHECK(matches > 10'000);
}

TEST_CASE("patterns mean what Redis documents") {
  CHECK(glob_match("h?llo", "hallo"));
  CHECK_FALSE(glob_match("h?llo", "hllo"));
  CHECK(glob_match("h*llo", "heeeello"));
  CHECK(glob_match("h[ae]llo", "hello"));
  CHECK_FALSE(glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK_FALSE(glob_match("h[^e]llo", "hello"));
  CHECK(glob_match("h[a-b]llo", "hbllo"));
  CHECK(glob_match("h[b-a]llo", "hallo"));
  CHECK(glob_match("h\\?llo", "h?llo"));
  CHECK_FALSE(glob_match("h\\?llo", "hallo"));
  CHECK(glob_match("", ""));
  CHECK(glob_match("**", ""));
  CHECK_FALSE(glob_match("?", ""));
  CHECK_FALSE(glob_match("Hello", "hello"));
  CHECK(glob_match("H[E-F]LLO", "hello", true));
  CHECK(glob_match(Bytes("a\0*", 3), Bytes("a\0\xff", 3)));
}

// Where a matcher that tries every star again would take ages.
TEST_CASE("patterns of many stars stay fast") {
  const std::string text(20'000, 'a');
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "a*";
  std::string classes;
  for (int i = 0; i < 100; ++i) classes += "*[a-z]";
  const double before = thread_seconds();
  CHECK_FALSE(glob_match(stars + "b", text));
  CHECK_FALSE(glob_match("*" + stars + "*b", text));
  CHECK_FALSE(glob_match(classes + "b", text));
  CHECK(glob_match(stars, text));
  CHECK(thread_seconds() - before < 5.0);
}

TEST_CASE("a match passes at most a thousand runs of stars") {
  const auto repeated = [](Bytes piece, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += piece;
    return text;
  };
  const std::string text(3000, 'a');
  CHECK(glob_match(repeated("*a", 1000), text));
  CHECK_FALSE(glob_match(repeated("*a", 1001), text));
  CHECK(glob_match(repeated("***a", 1000), text));
  CHECK(glob_match(repeated("*?", 1000) + "*", text));
  CHECK_FALSE(glob_match(repeated("*?", 50'000), text));
}

TEST_CASE("long classes match what the oracle matches") {
  Random random(2);
  size_t matches = 0;
  for (int i = 0; i < 3'000; ++i) {
    std::string pattern;
    for (size_t parts = 1 + random.below(3); parts != 0; --parts) {
      pattern += pick(random, "*ab?", 2) + '[' + pick(random, "^", 1);
      const std::string letters = pick(random, "cdeCDE-\\", 8);
      for (int n = 0; n < 20; ++n) pattern += letters;
      pattern += ']';
    }
    const std::string text = pick(random, "abcdeCDE-\\", 12);
    const bool ignore_case = random.below(2) == 0;
    CAPTURE(pattern, text, ignore_case);
    const bool matched = glob_match(pattern, text, ignore_case);
    REQUIRE(matched == oracle::Glob(pattern, ignore_case).matches(text));
    matches += matched ? 1 : 0;
  }
  CHECK(matches > 100);
}

// Its class is read twice and not at each character of the text, which would be 20,000 million steps.
TEST_CASE("a long class behind a star stays fast") {
  const std::string pattern = "*[" + std::string(100'000, 'b') + "]z";
  const double before = thread_seconds();
  CHECK_FALSE(glob_match(pattern, std::string(200'000, 'a')));
  CHECK_FALSE(glob_match(pattern, std::string(200'000, 'b')));
  CHECK(thread_seconds() - before < 2.0);
}
