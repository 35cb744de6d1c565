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
  const PairsShape old = shape_;
  const size_t size = member.size() + score.size();
  const size_t at = view().start(index);
  shape_ = {old.pairs_bytes + size, old.count + 1};
  const bool same_width = shape_.width() == width_;
  if (same_width) {
    std::memmove(slot(index + 1, shape_.pairs_bytes), slot(index, old.pairs_bytes),
                 (old.count - index) * width_);
  }
  const size_t offsets_in_front = same_width ? index * width_ : 0;
  std::memmove(begin_ + at + size, begin_ + at, old.pairs_bytes + offsets_in_front - at);
  score.write(member.write(begin_ + at));
  if (same_width) {
    set_offset(index, at + member.size());
    add_to_offsets(index + 1, shape_.count, size);
  } else {
    write_offsets();
  }
}

void PackedPairsWriter::erase(size_t first, size_t count) noexcept {
  const PairsShape old = shape_;
  const size_t at = view().start(first), end = view().start(first + count), size = end - at;
  shape_ = {old.pairs_bytes - size, old.count - count};
  const bool same_width = shape_.width() == width_;
  const size_t offsets_in_front = same_width ? first * width_ : 0;
  std::memmove(begin_ + at, begin_ + end, old.pairs_bytes + offsets_in_front - end);
  if (same_width) {
    std::memmove(slot(first, shape_.pairs_bytes), slot(first + count, old.pairs_bytes),
                 (shape_.count - first) * width_);
    add_to_offsets(first, shape_.count, -size);
  } else {
    write_offsets();
  }
}

void PackedPairsWriter::move(size_t from, size_t to, const Packing& member,
                             const PackedScore& score) noexcept {
  const PairsShape old = shape_;
  const PackedPairs pairs = view();
  const size_t last = std::max(from, to);
  const size_t begin = pairs.start(from), end = pairs.start(last + 1);
  const size_t old_size = pairs.start(from + 1) - begin;
  const size_t size = member.size() + score.size();
  const size_t at = to > from ? end - old_size : pairs.start(to);
  shape_.pairs_bytes += size - old_size;
  const bool same_width = shape_.width() == width_;
  const size_t behind = (same_width ? old.bytes() : old.pairs_bytes) - end;
  const auto move_rest = [&] { std::memmove(begin_ + end + size - old_size, begin_ + end, behind); };
  if (size > old_size) move_rest();
  if (to > from) {
    std::memmove(begin_ + begin, begin_ + begin + old_size, at - begin);
  } else {
    std::memmove(begin_ + at + size, begin_ + at, begin - at);
  }
  if (size < old_size) move_rest();
  score.write(member.write(begin_ + at));
  if (!same_width) {
    write_offsets();
    return;
  }
  char* const offsets = slot(0, shape_.pairs_bytes);
  if (to > from) {
    std::memmove(offsets + from * width_, offsets + (from + 1) * width_, (to - from) * width_);
    add_to_offsets(from, to, -old_size);
  } else {
    std::memmove(offsets + (to + 1) * width_, offsets + to * width_, (from - to) * width_);
    add_to_offsets(to + 1, from + 1, size);
  }
  set_offset(to, at + member.size());
  if (size != old_size) add_to_offsets(last + 1, shape_.count, size - old_size);
}

void PackedPairsWriter::write_offsets() noexcept {
  width_ = shape_.width();
  size_t at = 0;
  for (size_t index = 0; index < shape_.count; ++index) {
    at += packed_size(begin_ + at);
    set_offset(index, at);
    at += PackedScore::size_at(begin_ + at);
  }
}

void PackedPairsWriter::set_offset(size_t index, size_t offset) noexcept {
  char* const at = slot(index, shape_.pairs_bytes);
  if (width_ == 1) {
    *at = static_cast<char>(offset);
  } else if (width_ == 2) {
    std::memcpy(at, &offset, 2);
  } else {
    std::memcpy(at, &offset, 4);
  }
}

void PackedPairsWriter::add_to_offsets(size_t first, size_t last, size_t difference) noexcept {
  char* const at = slot(first, shape_.pairs_bytes);
  if (width_ == 1) {
    add<uint8_t>(at, last - first, difference);
  } else if (width_ == 2) {
    add<uint16_t>(at, last - first, difference);
  } else {
    add<uint32_t>(at, last - first, difference);
  }
}

}  // namespace kevy
