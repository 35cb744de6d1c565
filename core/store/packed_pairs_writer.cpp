#include "store/packed_pairs_writer.h"

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
    std::memmove(slot(index + 1), slot(index, old.pairs_bytes),
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
    std::memmove(slot(first), slot(first + count, old.pairs_bytes),
                 (shape_.count - first) * width_);
    add_to_offsets(first, shape_.count, -size);
  } else {
    write_offsets();
  }
}

void PackedPairsWriter::move(size_t from, size_t to, const Packing& member,
                             const PackedScore& score) noexcept {
  const PackedPairs pairs = view();
  const size_t size = member.size() + score.size();
  const size_t begin = pairs.offset(from) - member.size();
  size_t at = begin;
  if (to > from) {
    at = pairs.start(to + 1) - size;
    std::memmove(begin_ + begin, begin_ + begin + size, at - begin);
    std::memmove(slot(from), slot(from + 1), (to - from) * width_);
    add_to_offsets(from, to, -size);
  } else if (to < from) {
    at = pairs.start(to);
    std::memmove(begin_ + at + size, begin_ + at, begin - at);
    std::memmove(slot(to + 1), slot(to), (from - to) * width_);
    add_to_offsets(to + 1, from + 1, size);
  }
  score.write(member.write(begin_ + at));
  set_offset(to, at + member.size());
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
