#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "resp/request_parser.h"

namespace kevy {

namespace {

constexpr size_t kInitial = 16 * 1024;
constexpr size_t kKeptMax = 64 * 1024;

}  // namespace

char* InputBuffer::reserve(size_t min) {
  if (room() >= min) return memory_.data() + end_;
  const size_t pending_size = end_ - start_;
  if (start_ != 0 && pending_size <= capacity() / 2 && capacity() - pending_size >= min) {
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

void InputBuffer::append(Bytes bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  commit(bytes.size());
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
