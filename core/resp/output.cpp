#include "resp/output.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace kevy {

void OutputQueue::close_last() noexcept {
  if (write_ != nullptr) {
    segments_.back().end = static_cast<size_t>(write_ - segments_.back().chunk.data());
  }
  write_ = nullptr;
  room_ = 0;
}

size_t OutputQueue::segment_end(size_t index) const noexcept {
  const Segment& segment = segments_[index];
  const bool open = write_ != nullptr && index + 1 == segments_.size();
  return open ? static_cast<size_t>(write_ - segment.chunk.data()) : segment.end;
}

void OutputQueue::add_chunk(size_t min) {
  close_last();
  const size_t capacity = std::max(min, memory_ < kBigChunk ? kChunk : kBigChunk);
  Segment segment;
  segment.chunk = BigMemory(capacity);
  segments_.push_back(std::move(segment));
  memory_ += capacity;
  write_ = segments_.back().chunk.data();
  room_ = capacity;
}

void OutputQueue::append_slowly(Bytes bytes) {
  const Bytes head = bytes.substr(0, room_);
  if (!head.empty()) std::memcpy(write_, head.data(), head.size());
  advance(head.size());
  const Bytes tail = bytes.substr(head.size());
  add_chunk(tail.size());
  std::memcpy(write_, tail.data(), tail.size());
  advance(tail.size());
}

void OutputQueue::append(const SharedBytes& block, Bytes part) {
  if (part.size() < kSharedMin) {
    append(part);
    return;
  }
  close_last();
  Segment segment;
  segment.block = block;
  segment.begin = static_cast<size_t>(part.data() - block.bytes().data());
  segment.end = segment.begin + part.size();
  segments_.push_back(std::move(segment));
  size_ += part.size();
  memory_ += segments_.back().memory();
}

size_t OutputQueue::gather(iovec* pieces, size_t max) const {
  size_t count = 0;
  for (size_t i = first_; i < segments_.size() && count < max; ++i) {
    const size_t end = segment_end(i);
    if (end == segments_[i].begin) continue;
    pieces[count].iov_base = const_cast<char*>(segments_[i].data() + segments_[i].begin);
    pieces[count].iov_len = end - segments_[i].begin;
    ++count;
  }
  return count;
}

void OutputQueue::consume(size_t count) {
  KEVY_DCHECK(count <= size_);
  size_ -= count;
  while (count != 0) {
    Segment& segment = segments_[first_];
    const size_t left = segment_end(first_) - segment.begin;
    if (count < left) {
      segment.begin += count;
      break;
    }
    count -= left;
    if (size_ == 0) break;
    memory_ -= segment.memory();
    segment = Segment();
    ++first_;
  }
  if (size_ == 0) {
    reset();
  } else if (first_ > segments_.size() / 2) {  // so each segment is moved once at most, on average
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

// Keeps one chunk of the usual size for what comes next.
void OutputQueue::reset() {
  const bool keep =
      write_ != nullptr && segments_.capacity() <= kSegmentsKept &&
      static_cast<size_t>(write_ - segments_.back().chunk.data()) + room_ == kChunk;
  if (!keep) {
    clear();
    return;
  }
  segments_.erase(segments_.begin(), segments_.end() - 1);
  segments_[0].begin = 0;
  first_ = 0;
  write_ = segments_[0].chunk.data();
  room_ = memory_ = kChunk;
}

void OutputQueue::clear() {
  segments_.clear();
  segments_.shrink_to_fit();
  first_ = 0;
  write_ = nullptr;
  room_ = 0;
  size_ = 0;
  memory_ = 0;
}

void OutputQueue::take_memory(OutputQueue& lender) noexcept {
  KEVY_CHECK(empty() && lender.empty());
  if (!lender.has_room()) return;
  segments_ = std::move(lender.segments_);
  first_ = std::exchange(lender.first_, 0);
  write_ = std::exchange(lender.write_, nullptr);
  room_ = std::exchange(lender.room_, 0);
  memory_ = std::exchange(lender.memory_, 0);
  lender.segments_.clear();
}

// What lies in the chunk that is being written to is copied, and the chunk stays open: else a few bytes
// would keep a whole one.
void OutputQueue::move_tail(size_t count, OutputQueue& other) {
  KEVY_CHECK(count <= size_);
  if (write_ != nullptr && count <= segment_end(segments_.size() - 1) - segments_.back().begin) {
    if (count > other.room_) other.add_chunk(count);
    other.append(Bytes(write_ - count, count));
    truncate(size_ - count);
    return;
  }
  close_last();
  other.close_last();
  other.segments_.reserve(other.segments_.size() + segments_.size() + 1);
  size_t left = count;
  size_t from = segments_.size();  // the first segment that is moved
  while (left != 0) {
    const size_t length = segments_[from - 1].end - segments_[from - 1].begin;
    if (length > left) break;
    left -= length;
    --from;
  }
  if (left != 0) {  // the end of a segment whose beginning stays
    Segment& divided = segments_[from - 1];
    other.append(Bytes(divided.data() + divided.end - left, left));
    other.close_last();
    divided.end -= left;
  }
  for (size_t i = from; i < segments_.size(); ++i) {
    memory_ -= segments_[i].memory();
    other.memory_ += segments_[i].memory();
  }
  const auto moved = segments_.begin() + static_cast<std::ptrdiff_t>(from);
  other.segments_.insert(other.segments_.end(), std::make_move_iterator(moved),
                         std::make_move_iterator(segments_.end()));
  segments_.erase(moved, segments_.end());
  other.size_ += count - left;
  size_ -= count;
}

void OutputQueue::truncate(size_t size) noexcept {
  KEVY_DCHECK(size <= size_);
  while (size_ != size) {
    Segment& last = segments_.back();
    const size_t end = segment_end(segments_.size() - 1);
    const size_t less = std::min(size_ - size, end - last.begin);
    size_ -= less;
    if (write_ != nullptr) {  // it may become empty, and is written to again
      write_ -= less;
      room_ += less;
      if (size_ == size) return;
      write_ = nullptr;
      room_ = 0;
    } else if (last.begin + less != end) {
      last.end -= less;
      return;
    }
    memory_ -= last.memory();
    segments_.pop_back();
  }
}

// What is short is copied, where there is room.
void OutputQueue::append_all(OutputQueue& other) {
  if (other.size_ <= std::min(room_, kSharedMin)) {
    for (size_t i = other.first_; i < other.segments_.size(); ++i) {
      const Segment& segment = other.segments_[i];
      append(Bytes(segment.data() + segment.begin, other.segment_end(i) - segment.begin));
    }
    other.clear();
    return;
  }
  const size_t count = segments_.size() + other.segments_.size();
  if (count > segments_.capacity()) segments_.reserve(std::max(count, 2 * segments_.capacity()));
  other.close_last();
  close_last();
  for (size_t i = other.first_; i < other.segments_.size(); ++i) {
    segments_.push_back(std::move(other.segments_[i]));
  }
  size_ += other.size_;
  memory_ += other.memory_;
  other.clear();
}

}  // namespace kevy
