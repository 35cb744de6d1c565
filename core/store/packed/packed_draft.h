// PackedDraft: a packed sequence, or packed pairs, that several changes are made to before it takes
// the place of what an entry holds; so that they come about together or not at all.
//
// Made on the stack: what is small lies in it. In front of it are bytes that can be read, as views of
// packed pairs need them. One thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/bytes.h"

namespace kevy {

class PackedDraft {
 public:
  PackedDraft() noexcept { std::memset(inside_, 0, kFront); }
  PackedDraft(const PackedDraft&) = delete;
  PackedDraft& operator=(const PackedDraft&) = delete;

  Bytes bytes() const noexcept { return {begin_, size_}; }
  size_t size() const noexcept { return size_; }

  /// `content` may lie in this draft.
  void assign(Bytes content) {
    if (content.size() > capacity_) reserve(content.size());
    if (!content.empty()) std::memmove(begin_, content.data(), content.size());
    size_ = content.size();
  }
  /// Replaces the `erased` bytes at `at` by `inserted` bytes, which the caller is to write to what is
  /// returned. Throws std::bad_alloc, and has changed nothing then.
  char* splice(size_t at, size_t erased, size_t inserted) {
    const size_t size = size_ - erased + inserted;
    if (size > capacity_) reserve(size + size / 2);
    char* const gap = begin_ + at;
    if (inserted != erased) std::memmove(gap + inserted, gap + erased, size_ - at - erased);
    size_ = size;
    return gap;
  }

 private:
  static constexpr size_t kFront = 8, kInside = 1024;

  void reserve(size_t capacity) {
    std::unique_ptr<char[]> larger(new char[kFront + capacity]());
    std::memcpy(larger.get() + kFront, begin_, size_);
    outside_ = std::move(larger);
    begin_ = outside_.get() + kFront;
    capacity_ = capacity;
  }

  char inside_[kFront + kInside];
  std::unique_ptr<char[]> outside_;
  char* begin_ = inside_ + kFront;
  size_t size_ = 0;
  size_t capacity_ = kInside;
};

}  // namespace kevy
