#include "base/span_pool.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <new>
#include <vector>

#include "unit/base/mapped.h"

using namespace kevy;
using kevy::test::is_mapped;

namespace {

constexpr size_t kSpansOfARegion = 127;
constexpr size_t kPlainSpans = 4 * kSpansOfARegion;

}  // namespace

TEST_CASE("spans do not overlap, and are found by what lies in them") {
  SpanPool pool;
  std::vector<Span*> spans;
  for (size_t i = 0; i < 3 * kSpansOfARegion; ++i) {
    Span* span = pool.take();
    REQUIRE(span != nullptr);
    std::memset(span->memory(), static_cast<char>(i), Span::kBytes);
    spans.push_back(span);
  }
  for (size_t i = 0; i < spans.size(); ++i) {
    const std::vector<char> wanted(Span::kBytes, static_cast<char>(i));
    REQUIRE(std::memcmp(spans[i]->memory(), wanted.data(), Span::kBytes) == 0);
    REQUIRE(Span::of(spans[i]->memory()) == spans[i]);
    REQUIRE(Span::of(spans[i]->memory() + Span::kBytes - 1) == spans[i]);
  }
  for (Span* span : spans) pool.give_back(span);
}

TEST_CASE("regions go back when all their spans have, the last one when it is trimmed") {
  SpanPool pool;
  std::vector<Span*> spans;
  while (spans.size() < 3 * kSpansOfARegion) spans.push_back(pool.take());
  for (size_t i = 1; i < spans.size(); ++i) pool.give_back(spans[i]);
  REQUIRE(is_mapped(spans[0]));
  REQUIRE_FALSE((is_mapped(spans[kSpansOfARegion]) && is_mapped(spans[2 * kSpansOfARegion])));
  pool.trim();
  REQUIRE(is_mapped(spans[0]));
  REQUIRE_FALSE(is_mapped(spans[kSpansOfARegion]));
  REQUIRE_FALSE(is_mapped(spans[2 * kSpansOfARegion]));
  pool.give_back(spans[0]);
  REQUIRE(is_mapped(spans[0]));  // one is kept
  REQUIRE(pool.take() != nullptr);
  pool.give_back(spans[0]);
  pool.trim();
  REQUIRE_FALSE(is_mapped(spans[0]));
}

TEST_CASE("a pool that can ask makes only the first regions itself") {
  SpanPool pool;
  int asked = 0;
  pool.set_ask([&] {
    ++asked;
    return true;
  });
  pool.prepare();  // nothing was asked for
  std::vector<Span*> spans;
  const auto take = [&] {
    Span* span = pool.take();
    if (span != nullptr) spans.push_back(span);
    return span != nullptr;
  };
  while (take()) REQUIRE(asked == (spans.size() <= kPlainSpans - kSpansOfARegion / 2 ? 0 : 1));
  REQUIRE(spans.size() == kPlainSpans);
  REQUIRE_FALSE(take());
  REQUIRE(asked == 1);  // once is enough
  pool.prepare();
  while (asked == 1) REQUIRE(take());
  REQUIRE(spans.size() >= kPlainSpans + kSpansOfARegion / 2);
  REQUIRE(spans.size() < kPlainSpans + kSpansOfARegion);
  pool.prepare();
  while (spans.size() < kPlainSpans + 2 * kSpansOfARegion) REQUIRE(take());
  REQUIRE_FALSE(take());
  REQUIRE(asked == 3);
  for (Span* span : spans) pool.give_back(span);
}

TEST_CASE("who can not be asked is asked again") {
  SpanPool pool;
  int asked = 0;
  pool.set_ask([&] { return ++asked == 3; });
  std::vector<Span*> spans;
  for (size_t i = 0; i < kPlainSpans; ++i) spans.push_back(pool.take());
  for (int i = 0; i < 5; ++i) REQUIRE(pool.take() == nullptr);
  REQUIRE(asked == 3);
  for (Span* span : spans) pool.give_back(span);
}
