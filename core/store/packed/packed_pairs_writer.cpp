#include "store/packed/packed_pairs_writer.h"

#include <algorithm>

namespace kevy {

namespace {

/// What is calculated is so modulo the width. The compiler makes vectors of it.
template <typename Offset>
struct Offsets {
  char* at;

  size_t get(size_t index) const noexcept {
    Offset offset;
    std::memcpy(&offset, at + index * sizeof offset, sizeof offset);
    return offset;
  }
  void set(size_t index, size_t value) const noexcept {
    const auto offset = static_cast<Offset>(value);
    std::memcpy(at + index * sizeof offset, &offset, sizeof offset);
  }
  void add(size_t first, size_t last, size_t difference) const noexcept {
    for (size_t i = first; i < last; ++i) set(i, get(i) + difference);
  }
};

}  // namespace

template <typename Use>
void PackedPairsWriter::with_width(const Use& use) const noexcept {
  if (width_ == 1) {
    use(uint8_t{});
  } else if (width_ == 2) {
    use(uint16_t{});
  } else {
    use(uint32_t{});
  }
}

void PackedPairsWriter::insert(size_t index, const Packing& member,
                               const PackedScore& score) noexcept {
  const size_t size = member.size() + score.size();
  const size_t at = view().start(index), old_end = shape_.pairs_bytes;
  const char* const old = pairs();
  shape_ = {old_end + size, shape_.count + 1};
  const bool same_width = shape_.width() == width_;
  width_ = shape_.width();
  // What is last moves first, since there is no room for it yet elsewhere.
  char* const now = pairs();
  std::memmove(now + at + size, old + at, old_end - at);
  std::memmove(now, old, at);
  score.write(member.write(now + at));
  if (!same_width) {
    write_offsets();
    return;
  }
  std::memmove(slot(index + 1), slot(index), (shape_.count - 1 - index) * width_);
  with_width([&](auto offset) {
    const Offsets<decltype(offset)> offsets{at_};
    offsets.set(index, at + member.size());
    offsets.add(index + 1, shape_.count, size);
  });
}

void PackedPairsWriter::erase(size_t first, size_t count) noexcept {
  const size_t at = view().start(first), end = view().start(first + count);
  const size_t old_end = shape_.pairs_bytes;
  const char* const old = pairs();
  shape_ = {old_end - (end - at), shape_.count - count};
  const bool same_width = shape_.width() == width_;
  if (same_width) {
    std::memmove(slot(first), slot(first + count), (shape_.count - first) * width_);
    with_width([&](auto offset) {
      Offsets<decltype(offset)>{at_}.add(first, shape_.count, at - end);
    });
  }
  width_ = shape_.width();
  char* const now = pairs();
  std::memmove(now, old, at);
  std::memmove(now + at, old + end, old_end - end);
  if (!same_width) write_offsets();
}

void PackedPairsWriter::move(size_t from, size_t to, const Packing& member,
                             const PackedScore& score) noexcept {
  const PackedPairs old = view();
  const size_t begin = old.offset(from) - member.size();
  const size_t old_size = member.size() + old.score_size(from);
  const size_t size = member.size() + score.size(), difference = size - old_size;
  if (PairsShape{shape_.pairs_bytes + difference, shape_.count}.width() != width_) {
    erase(from, 1);
    insert(to, member, score);
    return;
  }
  const size_t end = to > from ? old.start(to + 1) : begin + old_size;
  const size_t at = to > from ? end - old_size : old.start(to);
  char* const pairs = this->pairs();
  const auto move_those_behind = [&] {
    std::memmove(pairs + (end + difference), pairs + end, shape_.pairs_bytes - end);
  };
  if (size > old_size) move_those_behind();
  if (to > from) {
    std::memmove(pairs + begin, pairs + begin + old_size, at - begin);
  } else {
    std::memmove(pairs + at + size, pairs + at, begin - at);
  }
  if (size < old_size) move_those_behind();
  score.write(member.write(pairs + at));
  with_width([&](auto offset) {
    const Offsets<decltype(offset)> offsets{at_};
    for (size_t i = from; i < to; ++i) offsets.set(i, offsets.get(i + 1) - old_size);
    for (size_t i = from; i > to; --i) offsets.set(i, offsets.get(i - 1) + size);
    offsets.set(to, at + member.size());
    if (difference != 0) offsets.add(std::max(from, to) + 1, shape_.count, difference);
  });
  shape_.pairs_bytes += difference;
}

void PackedPairsWriter::write_offsets() noexcept {
  const char* const pairs = this->pairs();
  with_width([&](auto offset) {
    const Offsets<decltype(offset)> offsets{at_};
    size_t at = 0;
    for (size_t index = 0; index < shape_.count; ++index) {
      at += packed_size(pairs + at);
      offsets.set(index, at);
      at += PackedScore::size_at(pairs + at);
    }
  });
}

}  // namespace kevy
