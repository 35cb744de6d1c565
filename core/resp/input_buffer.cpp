#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "resp/request_parser.h"

namespace kevy {

namespace {

constexpr size_t kInitial = 16 * 1024;
constexpr size_t kKeptMax = 64 * 1024;

}  // namespace

InputBuffer::~InputBuffer() { std::free(data_); }

char* InputBuffer::reserve(size_t min) {
  if (room() >= min) return data_ + end_;
  const size_t pending_size = end_ - start_;
  if (start_ != 0 && pending_size <= capacity_ / 2 && capacity_ - pending_size >= min) {
    std::memmove(data_, data_ + start_, pending_size);
  } else {
    const size_t capacity = std::max({kInitial, capacity_ * 2, pending_size + min});
    auto* grown = static_cast<char*>(std::malloc(capacity));
    if (grown == nullptr) throw std::bad_alloc();
    if (pending_size != 0) std::memcpy(grown, data_ + start_, pending_size);
    std::free(data_);
    data_ = grown;
    capacity_ = capacity;
  }
  start_ = 0;
  end_ = pending_size;
  return data_ + end_;
}

void InputBuffer::append(Bytes bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  commit(bytes.size());
}

void InputBuffer::shrink() noexcept {
  if (start_ == end_ && capacity_ > kKeptMax) release();
}

void InputBuffer::take_memory(InputBuffer& lender) noexcept {
  KEVY_CHECK(pending().empty() && lender.pending().empty());
  if (lender.capacity_ == 0) return;
  std::free(data_);
  data_ = std::exchange(lender.data_, nullptr);
  capacity_ = std::exchange(lender.capacity_, 0);
  start_ = end_ = lender.start_ = lender.end_ = 0;
}

void InputBuffer::release() noexcept {
  std::free(data_);
  data_ = nullptr;
  start_ = end_ = capacity_ = 0;
}

}  // namespace kevy
