#include "store/hash/field_times.h"

#include <algorithm>
#include <new>

#include "base/memory.h"
#include "store/hash/hash_object.h"

namespace kevy {

namespace {

constexpr size_t kShrinkingMin = 64;

}  // namespace

bool FieldTimes::all_due(int64_t now_ms) const noexcept {
  // From the end, where the late ones are.
  return std::all_of(heap_.rbegin(), heap_.rend(),
                     [&](const Time& time) { return time.at_ms <= now_ms; });
}

void FieldTimes::reserve(size_t more) {
  const size_t wanted = heap_.size() + more;
  if (wanted <= heap_.capacity()) return;
  if (wanted > kMost) throw std::bad_alloc();
  heap_.reserve(std::max<size_t>({wanted, heap_.size() * 3 / 2, 4}));
}

void FieldTimes::put(size_t place, Time time) noexcept {
  heap_[place] = time;
  time.field->set_place(static_cast<uint32_t>(place));
}

void FieldTimes::rise(size_t place, Time time) noexcept {
  while (place != 0 && time.at_ms < heap_[(place - 1) / 2].at_ms) {
    const size_t parent = (place - 1) / 2;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, time);
}

void FieldTimes::sink(size_t place, Time time) noexcept {
  for (size_t child = 2 * place + 1; child < heap_.size(); child = 2 * place + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1].at_ms < heap_[child].at_ms) ++child;
    if (heap_[child].at_ms >= time.at_ms) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, time);
}

void FieldTimes::settle(size_t place, Time time) noexcept {
  if (place != 0 && time.at_ms < heap_[(place - 1) / 2].at_ms) {
    rise(place, time);
  } else {
    sink(place, time);
  }
}

void FieldTimes::add(Field& field, int64_t at_ms) noexcept {
  heap_.push_back({at_ms, &field});
  rise(heap_.size() - 1, heap_.back());
}

void FieldTimes::change(uint32_t place, int64_t at_ms) noexcept {
  settle(place, {at_ms, heap_[place].field});
}

void FieldTimes::remove(uint32_t place) noexcept {
  const Time last = heap_.back();
  heap_.pop_back();
  if (place < heap_.size()) settle(place, last);
}

void FieldTimes::shrink() noexcept {
  if (heap_.capacity() < kShrinkingMin || heap_.size() >= heap_.capacity() / 4) return;
  try {
    std::vector<Time> smaller;
    smaller.reserve(std::max(2 * heap_.size(), kShrinkingMin / 2));
    smaller.assign(heap_.begin(), heap_.end());
    heap_.swap(smaller);
  } catch (const std::bad_alloc&) {  // then it keeps what it has
  }
}

size_t FieldTimes::memory_bytes() const noexcept {
  return heap_.capacity() == 0 ? 0 : allocated_bytes(const_cast<Time*>(heap_.data()));
}

}  // namespace kevy
