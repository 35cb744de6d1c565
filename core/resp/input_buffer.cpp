#include "resp/input_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace kevy {

namespace {

constexpr size_t kInitial = 16 * 1024;
constexpr size_t kKeptMax = 64 * 1024;
constexpr size_t kMovedMax = 4 * 1024;
// How much is received behind a block: if that is a long word too, its start is copied once more.
constexpr size_t kBehindBlock = 4 * 1024;

}  // namespace

size_t InputBuffer::make_room(iovec (&pieces)[2], size_t min, size_t max) {
  size_t count = 0;
  if (missing_ != 0) [[unlikely]] {
    const size_t room = open_block(min);
    pieces[count++] = {block_.block()->data() + block_.bytes().size(), std::min(room, max)};
    if (room < missing_ || room >= max) return count;
    max = std::min(max - room, kBehindBlock);
  }
  char* const at = reserve(std::min(min, max));
  pieces[count++] = {at, std::min(room(), max)};
  return count;
}

char* InputBuffer::reserve(size_t min) {
  if (room() >= min) return memory_.data() + end_;
  const size_t pending_size = end_ - start_;
  // A buffer in which much is moved to and fro is too small.
  const bool may_move = pending_size <= kMovedMax || capacity() >= kKeptMax;
  if (start_ != 0 && may_move && pending_size <= capacity() / 2 &&
      capacity() - pending_size >= min) {
    std::memmove(memory_.data(), memory_.data() + start_, pending_size);
    start_ = 0;
    end_ = pending_size;
  } else if (start_ == 0) {
    memory_.grow(std::max({kInitial, capacity() * 2, pending_size + min}));
  } else {
    move_to(std::max({kInitial, capacity() * 2, pending_size + min}));
  }
  return memory_.data() + end_;
}

// Only what is pending is copied.
void InputBuffer::move_to(size_t capacity) {
  const Bytes bytes = pending();
  BigMemory other(capacity);
  if (!bytes.empty()) std::memcpy(other.data(), bytes.data(), bytes.size());
  memory_ = std::move(other);
  start_ = 0;
  end_ = bytes.size();
}

// All memory is got before anything is copied.
void InputBuffer::append(Bytes bytes) {
  if (missing_ != 0 && !bytes.empty()) {
    const Bytes first = bytes.substr(0, missing_);
    open_block(first.size());
    if (first.size() != bytes.size()) reserve(bytes.size() - first.size());
    std::memcpy(block_.block()->data() + block_.bytes().size(), first.data(), first.size());
    commit_to_block(first.size());
    bytes.remove_prefix(first.size());
  }
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  end_ += bytes.size();
}

void InputBuffer::begin_block(size_t from, size_t size) {
  KEVY_CHECK(!block_);
  block_ = SharedBytes::expecting(size);
  missing_ = size;
  const Bytes found = pending().substr(from, size);
  try {
    open_block(found.size());
  } catch (...) {
    block_ = SharedBytes();
    missing_ = 0;
    throw;
  }
  if (!found.empty()) std::memcpy(block_.block()->data(), found.data(), found.size());
  commit_to_block(found.size());
  const size_t behind = pending().size() - from - found.size();
  if (behind != 0) std::memmove(memory_.data() + start_ + from, found.data() + found.size(), behind);
  end_ -= found.size();
}

// Makes room for `wanted` bytes more, if the block lacks so many, and for as many as it has; says
// how much room there is.
size_t InputBuffer::open_block(size_t wanted) {
  const size_t size = block_.bytes().size();
  const size_t more = std::min(missing_, wanted);
  if (block_.block()->capacity - size < more) {
    block_.open(size + std::min(missing_, std::max(more, size)));
  }
  return std::min(missing_, block_.block()->capacity - size);
}

size_t InputBuffer::commit_to_block(size_t count) noexcept {
  count = std::min(count, missing_);
  block_.block()->set_size(block_.bytes().size() + count);
  missing_ -= count;
  return count;
}

void InputBuffer::shrink() noexcept {
  const size_t needed = std::max(kInitial, 2 * pending().size());
  if (capacity() <= kKeptMax || capacity() / 2 <= needed) return;
  if (start_ == end_) {
    release();
    return;
  }
  try {
    move_to(needed);
  } catch (const std::bad_alloc&) {
    // It stays as large as it is.
  }
}

void InputBuffer::take_memory(InputBuffer& lender) noexcept {
  KEVY_CHECK(pending().empty() && lender.pending().empty());
  if (lender.capacity() == 0) return;
  memory_ = std::move(lender.memory_);
  lender.release();
  start_ = end_ = 0;
}

void InputBuffer::release() noexcept {
  memory_.release();
  start_ = end_ = 0;
}

}  // namespace kevy
