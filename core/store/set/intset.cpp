#include "store/set/intset.h"

namespace kevy {

namespace {

template <typename Number>
int64_t load(const char* numbers, size_t index) noexcept {
  Number number;
  std::memcpy(&number, numbers + index * sizeof number, sizeof number);
  return number;
}

int64_t load(const char* numbers, size_t index, size_t width) noexcept {
  if (width == 2) return load<int16_t>(numbers, index);
  return width == 4 ? load<int32_t>(numbers, index) : load<int64_t>(numbers, index);
}

// The index of the first number that is not less than `wanted`. Without a branch that depends on
// the numbers, since none could be foretold.
template <typename Number>
size_t lower_bound(const char* numbers, size_t count, int64_t wanted) noexcept {
  size_t first = 0;
  while (count > 1) {
    const size_t half = count / 2;
    first += load<Number>(numbers, first + half - 1) < wanted ? half : 0;
    count -= half;
  }
  return first + (count == 1 && load<Number>(numbers, first) < wanted ? 1 : 0);
}

}  // namespace

int64_t Intset::operator[](size_t index) const noexcept { return load(numbers_, index, width_); }

Intset::Place Intset::find(int64_t number) const noexcept {
  const size_t index = width_ == 2   ? lower_bound<int16_t>(numbers_, count_, number)
                       : width_ == 4 ? lower_bound<int32_t>(numbers_, count_, number)
                                     : lower_bound<int64_t>(numbers_, count_, number);
  return {index, index < count_ && (*this)[index] == number};
}

size_t Intset::width_of(int64_t number) noexcept {
  if (number == static_cast<int16_t>(number)) return 2;
  return number == static_cast<int32_t>(number) ? 4 : 8;
}

void Intset::widen(char* at, size_t count, size_t from, size_t to, size_t before) noexcept {
  // From the back: a number never comes to lie on one that has not been moved.
  for (size_t i = count; i-- != 0;) write(at + (i + before) * to, load(at, i, from), to);
}

}  // namespace kevy
