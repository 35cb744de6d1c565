// HyperLogLogs: both forms beside a model, at every level of instructions; strings that are none.
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/hyperloglog/sparse.h"

using namespace kevy;
using namespace kevy::hyperloglog;

namespace {

std::vector<wide::Isa> levels() {
  std::vector<wide::Isa> all{wide::Isa::kPlain};
  if (wide::isa() != wide::Isa::kPlain) all.push_back(wide::Isa::k256);
  if (wide::isa() == wide::Isa::k512) all.push_back(wide::Isa::k512);
  return all;
}

Registers random_registers(Random& random, uint64_t values) {
  Registers registers;
  for (uint8_t& value : registers.value) value = static_cast<uint8_t>(random.below(values));
  return registers;
}

Registers registers_in(Bytes bytes) {
  Registers registers;
  REQUIRE(merge(registers, bytes));
  return registers;
}

}  // namespace

TEST_CASE("registers are packed and unpacked at every level of instructions") {
  Random random(3);
  for (int round = 0; round < 20; ++round) {
    const Registers first = random_registers(random, 64), second = random_registers(random, 64);
    for (const wide::Isa level : levels()) {
      std::string packed(kPackedRegisters + 2, 'x');
      pack(packed.data() + 1, first, level);
      REQUIRE(packed.front() == 'x');
      REQUIRE(packed.back() == 'x');
      for (size_t i = 0; i < kRegisters; ++i) {
        REQUIRE(packed_register(packed.data() + 1, i) == first.value[i]);
      }
      Registers higher = second;
      // In a block of its own, so that a read behind its end is seen by the sanitizers.
      const std::vector<char> exact(packed.begin() + 1, packed.end() - 1);
      raise_to(higher, exact.data(), level);
      for (size_t i = 0; i < kRegisters; ++i) {
        REQUIRE(higher.value[i] == std::max(first.value[i], second.value[i]));
      }
    }
    std::vector<char> packed(kPackedRegisters);
    for (size_t i = 0; i < kRegisters; ++i) set_packed_register(packed.data(), i, 63);
    for (size_t i = 0; i < kRegisters; ++i) set_packed_register(packed.data(), i, first.value[i]);
    for (size_t i = 0; i < kRegisters; ++i) {
      REQUIRE(packed_register(packed.data(), i) == first.value[i]);
    }
  }
}

TEST_CASE("registers are counted by value at every level of instructions") {
  Random random(5);
  for (const unsigned values : {1u, 2u, 20u, 64u}) {
    Registers registers = random_registers(random, values);
    registers.value.back() = 63;
    Histogram expected{};
    for (const uint8_t value : registers.value) ++expected[value];
    for (const wide::Isa level : levels()) REQUIRE(histogram_of(registers, level) == expected);
    registers.value.fill(63);
    for (const wide::Isa level : levels())
      REQUIRE(histogram_of(registers, level)[63] == kRegisters);
  }
}

TEST_CASE("the sparse form holds what was added, and becomes dense when it has to") {
  Random random(4);
  for (int round = 0; round < 60; ++round) {
    const size_t sparse_max = round % 3 == 0 ? 200 : 3000;
    Draft draft({}, sparse_max);
    Registers model;
    for (int i = 0; i < 3000; ++i) {
      const size_t near = random.below(kRegisters - 16);
      const Mark mark{random.below(2) == 0 ? near / 64 * 64 + random.below(16) : near,
                      static_cast<uint8_t>(1 + random.below(random.below(50) == 0 ? 51 : 3))};
      const bool raises = model.value[mark.index] < mark.rank;
      model.value[mark.index] = std::max(model.value[mark.index], mark.rank);
      REQUIRE(look(draft.bytes(), mark) ==
              (raises ? Draft::Outcome::kRaised : Draft::Outcome::kSame));
      REQUIRE(draft.raise(mark) == (raises ? Draft::Outcome::kRaised : Draft::Outcome::kSame));
      REQUIRE(looks_like_one(draft.bytes()));
      if (form_of(draft.bytes()) == Form::kSparse) REQUIRE(draft.bytes().size() <= sparse_max);
    }
    REQUIRE(registers_in(draft.bytes()).value == model.value);
    REQUIRE(*estimate(draft.bytes()) == estimate(model));
    REQUIRE(form_of(draft.bytes()) == Form::kDense);
  }
}

TEST_CASE(
    "raising registers in ascending order gives the runs that searching from the start gives") {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    Draft at_once({}, SIZE_MAX);
    std::string step_by_step(at_once.bytes());
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t i = random.below(9); i < kRegisters && step_by_step.size() < 1000;
           i += 1 + random.below(random.below(3) == 0 ? 300 : 3)) {
        const Mark mark{i, static_cast<uint8_t>(1 + random.below(3))};
        Draft draft(step_by_step, SIZE_MAX);  // which knows no place to begin
        REQUIRE(draft.raise(mark) == at_once.raise(mark));
        step_by_step = draft.bytes();
        REQUIRE(at_once.bytes() == step_by_step);
      }
    }
  }
}

TEST_CASE("estimates are near") {
  for (const size_t count : {0, 1, 10, 1000, 30'000, 500'000}) {
    Draft draft({}, 3000);
    for (size_t i = 0; i < count; ++i) draft.raise(mark_of("element" + std::to_string(i)));
    const auto estimated = static_cast<double>(*estimate(draft.bytes()));
    CHECK(std::abs(estimated - static_cast<double>(count)) <= 0.03 * static_cast<double>(count));
  }
}

TEST_CASE("a string that only looks like a HyperLogLog is told from one") {
  CHECK_FALSE(looks_like_one(""));
  CHECK_FALSE(looks_like_one("HYLL"));
  CHECK_FALSE(looks_like_one(std::string("HYLL\0", 5) + std::string(11, '\0')));
  CHECK_FALSE(looks_like_one("HYLL\2" + std::string(11, '\0')));
  const std::string head = "HYLL\1" + std::string(11, '\0');
  CHECK(looks_like_one(head));
  Random random(6);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = head;
    for (size_t i = random.below(12); i != 0; --i) bytes += static_cast<char>(random.below(256));
    const std::vector<char> exact(bytes.begin(), bytes.end());
    const Bytes exactly(exact.data(), exact.size());
    Registers registers;
    const bool sound = merge(registers, exactly);
    CHECK(estimate(exactly).has_value() == sound);
    Draft draft(exactly, 3000);
    const Mark mark{random.below(kRegisters), static_cast<uint8_t>(1 + random.below(51))};
    const auto outcome = draft.raise(mark);
    if (sound) REQUIRE(outcome != Draft::Outcome::kCorrupt);
    CHECK(draft.make_dense() == (sound || form_of(draft.bytes()) == Form::kDense));
  }
}
