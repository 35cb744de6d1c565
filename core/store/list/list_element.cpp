#include "store/list/list_element.h"

#include <algorithm>

namespace kevy {

namespace {

// What a listpack has around its elements; counted, so that borders are where Redis has them.
constexpr size_t kListpackFrame = 7;

}  // namespace

char* ListElement::write_long_length(char* to, size_t size) noexcept {
  char* const end = to + length_behind_size(size);
  for (char* at = end - 1; at > to; --at, size >>= 7) *at = static_cast<char>(size | 0x80);
  *to = static_cast<char>(size);
  return end;
}

const char* ListRun::at(size_t index) const noexcept {
  if (index <= count / 2) {
    const char* at = begin();
    for (; index != 0; --index) at += list_element_size(at);
    return at;
  }
  const char* at = end();
  for (; index != count; ++index) at = list_element_before(at);
  return at;
}

ListRun::Equal ListRun::find_equal(const ListElement& value, size_t max, End from) const noexcept {
  const bool front = from == End::kFront;
  Equal found;
  const char* at = front ? begin() : end();
  for (size_t left = count; left != 0 && found.count != max; --left) {
    if (!front) at = list_element_before(at);
    if (value.equals(at)) {
      if (!front || found.count == 0) found.offset = static_cast<size_t>(at - begin());
      ++found.count;
    }
    if (front) at += list_element_size(at);
  }
  return found;
}

char* copy_without(Bytes bytes, const ListElement& value, size_t erased, char* to) noexcept {
  const char* const end = bytes.data() + bytes.size();
  const char* kept = bytes.data();  // from here on nothing is copied yet
  const auto copy_to = [&](const char* until) {
    const auto size = static_cast<size_t>(until - kept);
    if (size != 0) std::memmove(to, kept, size);
    to += size;
  };
  for (const char* at = kept; erased != 0;) {
    const char* next = at + list_element_size(at);
    if (value.equals(at)) {
      copy_to(at);
      kept = next;
      --erased;
    }
    at = next;
  }
  copy_to(end);
  return to;
}

ListLimit ListLimit::of(int64_t packed_size, int64_t compress_depth) noexcept {
  constexpr size_t kSafe = 8192;
  constexpr int64_t kPlainChunks = 8;
  const auto plain = static_cast<size_t>(compress_depth == 0 ? kPlainChunks : compress_depth);
  if (packed_size >= 0) {
    const auto count = std::max<size_t>(static_cast<size_t>(packed_size), 1);
    return {kSafe - kListpackFrame, count, plain};
  }
  const auto step = static_cast<unsigned>(std::min<int64_t>(-(packed_size + 1), 4));
  return {(size_t{4096} << step) - kListpackFrame, SIZE_MAX, plain};
}

}  // namespace kevy
