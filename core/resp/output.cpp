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

size_t OutputQueue::segment_end(const Segment& segment) const noexcept {
  const bool open = write_ != nullptr && &segment == &segments_.back();
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
  for (const Segment& segment : segments_) {
    if (count == max) break;
    const size_t size = segment_end(segment) - segment.begin;
    if (size == 0) continue;
    pieces[count++] = {const_cast<char*>(segment.data() + segment.begin), size};
  }
  return count;
}

void OutputQueue::consume(size_t count) {
  KEVY_DCHECK(count <= size_);
  size_ -= count;
  if (size_ == 0) {
    reset();
    return;
  }
  while (count != 0) {
    Segment& first = segments_.front();
    const size_t part = std::min(count, segment_end(first) - first.begin);
    first.begin += part;
    count -= part;
    if (first.begin != segment_end(first)) return;
    memory_ -= first.memory();
    segments_.pop_front();
  }
}

// Keeps one chunk of the usual size for what comes next.
void OutputQueue::reset() {
  const bool keep = write_ != nullptr && segments_.back().chunk.size() == kChunk;
  if (!keep) {
    clear();
    return;
  }
  segments_.erase(segments_.begin(), std::prev(segments_.end()));
  segments_.back().begin = 0;
  write_ = segments_.back().chunk.data();
  room_ = memory_ = kChunk;
}

void OutputQueue::clear() {
  segments_.clear();
  write_ = nullptr;
  room_ = 0;
  size_ = 0;
  memory_ = 0;
}

void OutputQueue::take_memory(OutputQueue& lender) noexcept {
  KEVY_CHECK(empty() && lender.empty());
  if (!lender.has_room()) return;
  segments_ = std::move(lender.segments_);
  write_ = std::exchange(lender.write_, nullptr);
  room_ = std::exchange(lender.room_, 0);
  memory_ = std::exchange(lender.memory_, 0);
  lender.segments_.clear();
}

// What lies in the chunk that is being written to is copied, and the chunk stays open: else a few bytes
// would keep a whole one.
void OutputQueue::move_tail(size_t count, OutputQueue& other) {
  KEVY_CHECK(count <= size_);
  if (write_ != nullptr && count <= segment_end(segments_.back()) - segments_.back().begin) {
    if (count > other.room_) other.add_chunk(count);
    other.append(Bytes(write_ - count, count));
    truncate(size_ - count);
    return;
  }
  close_last();
  other.close_last();
  size_t left = count;
  auto from = segments_.end();  // the first segment that is moved
  while (left != 0) {
    const Segment& before = *std::prev(from);
    const size_t length = before.end - before.begin;
    if (length > left) break;
    left -= length;
    --from;
  }
  if (left != 0) {  // the end of a segment whose beginning stays
    Segment& divided = *std::prev(from);
    other.append(Bytes(divided.data() + divided.end - left, left));
    other.close_last();
    divided.end -= left;
  }
  for (auto at = from; at != segments_.end(); ++at) {
    memory_ -= at->memory();
    other.memory_ += at->memory();
  }
  other.segments_.splice(other.segments_.end(), segments_, from, segments_.end());
  other.size_ += count - left;
  size_ -= count;
}

void OutputQueue::truncate(size_t size) noexcept {
  KEVY_DCHECK(size <= size_);
  while (size_ != size) {
    Segment& last = segments_.back();
    const size_t end = segment_end(last);
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
void OutputQueue::append_all(OutputQueue& other) noexcept {
  if (other.size_ <= std::min(room_, kSharedMin)) {
    for (const Segment& segment : other.segments_) {
      append(Bytes(segment.data() + segment.begin, other.segment_end(segment) - segment.begin));
    }
    other.clear();
    return;
  }
  other.close_last();
  close_last();
  segments_.splice(segments_.end(), other.segments_);
  size_ += other.size_;
  memory_ += other.memory_;
  other.clear();
}

}  // namespace kevy
