#include "persist/rdb/lzf.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace kevy {

namespace {

std::string compressed(Bytes plain) {
  std::string to(plain.size() + plain.size() / 16 + 64, '\0');
  to.resize(lzf_compress(plain, to.data(), to.size()));
  return to;
}

std::vector<std::string> texts() {
  std::vector<std::string> all = {"", "a", "abc", "aaaa", std::string(5, 'x')};
  for (const size_t size : {31, 32, 33, 263, 264, 265, 266, 1024, 1025, 8191, 8192, 8193, 70000}) {
    all.emplace_back(size, 'x');
    std::string mixed, random;
    uint32_t state = 1;
    for (size_t i = 0; i < size; ++i) {
      state = state * 1664525 + 1013904223;
      random += static_cast<char>(state >> 24);
      mixed += i % 97 < 60 ? static_cast<char>('a' + i % 13) : static_cast<char>(state >> 24);
    }
    all.push_back(mixed);
    all.push_back(random);
  }
  return all;
}

}  // namespace

TEST_CASE("what is compressed comes back, and what is alike becomes short") {
  for (const std::string& text : texts()) {
    const std::string short_form = compressed(text);
    std::string plain(text.size(), '\0');
    REQUIRE(lzf_decompress(short_form, plain.data(), plain.size()));
    CHECK(plain == text);
    CHECK(text.size() <= lzf_plain_max(short_form.size()));
  }
  CHECK(compressed(std::string(70000, 'x')).size() < 1000);
}

TEST_CASE("compression stops where there is no room for it") {
  const std::string text = texts().back();
  for (size_t room = 0; room < text.size(); room += 1 + room / 3) {
    std::vector<char> to(room);
    CHECK(lzf_compress(text, to.data(), room) == 0);
  }
}

TEST_CASE("what is no compressed text, or one of another length, is refused") {
  const std::string text = texts()[30];
  const std::string good = compressed(text);
  for (const size_t size : {text.size() - 1, text.size() + 1, size_t{0}}) {
    std::vector<char> to(size);
    CHECK_FALSE(lzf_decompress(good, to.data(), size));
  }
  for (size_t cut = 0; cut < good.size(); ++cut) {
    std::vector<char> to(text.size()),
        exact(good.begin(), good.begin() + static_cast<ptrdiff_t>(cut));
    CHECK_FALSE(lzf_decompress({exact.data(), exact.size()}, to.data(), to.size()));
  }
  char to[8];
  CHECK_FALSE(lzf_decompress(Bytes("\x20\x00", 2), to, 3));  // back to before the beginning
}

}  // namespace kevy
