#include "store/packed_pairs_writer.h"

#include <algorithm>

namespace kevy {

namespace {

// Copies, since the offsets lie where they happen to; the compiler makes whole vectors of them.
template <typename Offset>
void add(char* at, size_t count, size_t difference) noexcept {
  for (size_t i = 0; i < count; ++i) {
    Offset offset;
    std::memcpy(&offset, at + i * sizeof offset, sizeof offset);
    offset = static_cast<Offset>(offset + difference);
    std::memcpy(at + i * sizeof offset, &offset, sizeof offset);
  }
}

}  // namespace

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
  set_offset(index, at + member.size());
  add_to_offsets(index + 1, shape_.count, size);
}

void PackedPairsWriter::erase(size_t first, size_t count) noexcept {
  const size_t at = view().start(first), end = view().start(first + count);
  const size_t old_end = shape_.pairs_bytes;
  const char* const old = pairs();
  shape_ = {old_end - (end - at), shape_.count - count};
  const bool same_width = shape_.width() == width_;
  if (same_width) {
    std::memmove(slot(first), slot(first + count), (shape_.count - first) * width_);
    add_to_offsets(first, shape_.count, at - end);
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
  const size_t begin = old.start(from), old_size = old.start(from + 1) - begin;
  const size_t size = member.size() + score.size(), difference = size - old_size;
  if (PairsShape{shape_.pairs_bytes + difference, shape_.count}.width() != width_) {
    erase(from, 1);
    insert(to, member, score);
    return;
  }
  const size_t last = std::max(from, to);
  const size_t end = old.start(last + 1);
  const size_t at = to > from ? end - old_size : old.start(to);
  char* const pairs = this->pairs();
  const auto move_those_behind = [&] {
    std::memmove(pairs + end + difference, pairs + end, shape_.pairs_bytes - end);
  };
  if (size > old_size) move_those_behind();
  if (to > from) {
    std::memmove(pairs + begin, pairs + begin + old_size, at - begin);
    std::memmove(slot(from), slot(from + 1), (to - from) * width_);
    add_to_offsets(from, to, -old_size);
  } else if (to < from) {
    std::memmove(pairs + at + size, pairs + at, begin - at);
    std::memmove(slot(to + 1), slot(to), (from - to) * width_);
    add_to_offsets(to + 1, from + 1, size);
  }
  if (size < old_size) move_those_behind();
  score.write(member.write(pairs + at));
  set_offset(to, at + member.size());
  if (difference != 0) add_to_offsets(last + 1, shape_.count, difference);
  shape_.pairs_bytes += difference;
}

void PackedPairsWriter::write_offsets() noexcept {
  const char* const pairs = this->pairs();
  size_t at = 0;
  for (size_t index = 0; index < shape_.count; ++index) {
    at += packed_size(pairs + at);
    set_offset(index, at);
    at += PackedScore::size_at(pairs + at);
  }
}

void PackedPairsWriter::set_offset(size_t index, size_t offset) noexcept {
  char* const at = slot(index);
  if (width_ == 1) {
    *at = static_cast<char>(offset);
  } else if (width_ == 2) {
    std::memcpy(at, &offset, 2);
  } else {
    std::memcpy(at, &offset, 4);
  }
}

void PackedPairsWriter::add_to_offsets(size_t first, size_t last, size_t difference) noexcept {
  char* const at = slot(first);
  if (width_ == 1) {
    add<uint8_t>(at, last - first, difference);
  } else if (width_ == 2) {
    add<uint16_t>(at, last - first, difference);
  } else {
    add<uint32_t>(at, last - first, difference);
  }
}

}  // namespace kevy
