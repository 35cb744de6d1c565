// Who frees what was deleted, and when.
#include "runtime/shard/lazy_free.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

using namespace kevy;

namespace {

constexpr size_t kMega = size_t{1} << 20;

// A value that takes so many bytes, or says so, and counts those that have not been freed.
class Value final : public Object {
 public:
  Value(std::atomic<int>& alive, size_t bytes) : alive_(alive), bytes_(bytes) { ++alive_; }
  ~Value() override { --alive_; }
  std::unique_ptr<Object> clone() const override { return std::make_unique<Value>(alive_, bytes_); }
  size_t memory_bytes() const noexcept override { return bytes_; }

 private:
  std::atomic<int>& alive_;
  size_t bytes_;
};

struct LazyFreeTest {
  std::atomic<int> alive{0};
  LazyFree lazy;
  int woken = 0;
  bool anybody = true;

  // What a turn does that has put one value aside.
  void erase(size_t bytes) {
    Garbage garbage;
    garbage.add(std::make_unique<Value>(alive, bytes));
    lazy.take_over(garbage);
  }
  void let_it_be_woken() {
    lazy.set_wake([this] {
      ++woken;
      return anybody;
    });
  }
};

}  // namespace

TEST_CASE("a big value is freed by whoever is woken, and counts until then") {
  LazyFreeTest test;
  test.let_it_be_woken();
  test.erase(kMega);
  CHECK(test.woken == 1);
  CHECK(test.alive == 1);
  CHECK(test.lazy.waiting_bytes() == kMega);
  test.erase(2 * kMega);
  CHECK(test.woken == 1);  // who was woken finds both
  CHECK(test.lazy.waiting_bytes() == 3 * kMega);
  test.lazy.free_all();
  CHECK(test.alive == 0);
  CHECK(test.lazy.waiting_bytes() == 0);
  test.erase(kMega);
  CHECK(test.woken == 2);
}

TEST_CASE("a value that is freed soon is freed by its command") {
  LazyFreeTest test;
  test.let_it_be_woken();
  test.erase(LazyFree::kWorthIt - 1);
  CHECK(test.alive == 0);
  CHECK(test.woken == 0);
  test.erase(LazyFree::kWorthIt);
  CHECK(test.alive == 1);
}

TEST_CASE("where nobody can be woken a value is freed by its command") {
  LazyFreeTest test;
  SECTION("there never was anybody") {}
  SECTION("no thread could be started") {
    test.anybody = false;
    test.let_it_be_woken();
  }
  SECTION("it is over") {
    test.let_it_be_woken();
    test.erase(kMega);
    test.lazy.close();
    CHECK(test.alive == 0);
  }
  test.erase(kMega);
  CHECK(test.alive == 0);
  CHECK(test.lazy.waiting_bytes() == 0);
}

TEST_CASE("what waits to be freed is bounded") {
  LazyFreeTest test;
  test.let_it_be_woken();
  SECTION("by its size") {
    test.erase(LazyFree::kWaitingMax - kMega);
    test.erase(2 * kMega);
    CHECK(test.alive == 1);
    test.erase(kMega);
    CHECK(test.alive == 2);
  }
  SECTION("but a single value waits, whatever its size") {
    test.erase(3 * LazyFree::kWaitingMax);
    CHECK(test.alive == 1);
    test.erase(kMega);
    CHECK(test.alive == 1);
  }
  test.lazy.close();
  CHECK(test.alive == 0);
}

TEST_CASE("a long string is freed by its command") {
  LazyFreeTest test;
  test.let_it_be_woken();
  Garbage garbage;
  garbage.add(SharedBytes::allocate(kMega, kMega));
  garbage.add(std::make_unique<Value>(test.alive, kMega));
  test.lazy.take_over(garbage);
  CHECK_FALSE(garbage.empty());
  CHECK(test.lazy.waiting_bytes() == kMega);
}

TEST_CASE("many threads put values aside while another frees them, and none is lost") {
  constexpr int kThreads = 3, kValues = 2'000;
  std::atomic<int> alive{0};
  LazyFree lazy;
  std::atomic<bool> wanted{false}, over{false};
  lazy.set_wake([&] {
    wanted = true;
    wanted.notify_one();
    return true;
  });
  std::thread freeing([&] {
    while (!over) {
      wanted.wait(false);
      wanted = false;
      lazy.free_all();
    }
  });
  std::vector<std::thread> erasing;
  for (int i = 0; i < kThreads; ++i) {
    erasing.emplace_back([&] {
      for (int k = 0; k < kValues; ++k) {
        Garbage garbage;
        garbage.add(std::make_unique<Value>(alive, LazyFree::kWorthIt));
        lazy.take_over(garbage);
      }
    });
  }
  for (std::thread& thread : erasing) thread.join();
  over = true;
  wanted = true;
  wanted.notify_one();
  freeing.join();
  lazy.close();
  CHECK(alive == 0);
  CHECK(lazy.waiting_bytes() == 0);
}
