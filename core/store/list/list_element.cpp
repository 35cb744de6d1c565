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

size_t ListRun::count_of(const ListElement& value) const noexcept {
  size_t found = 0;
  for (const char* at = begin(); at != end(); at += list_element_size(at)) {
    if (value.equals(at)) ++found;
  }
  return found;
}

char* copy_without(const ListRun& run, const ListElement& value, size_t skipped, size_t erased,
                   char* to) noexcept {
  const char* kept = run.begin();  // from here on nothing is copied yet
  const char* at = kept;
  const auto copy_to = [&](const char* end) {
    const auto size = static_cast<size_t>(end - kept);
    if (size != 0) std::memmove(to, kept, size);
    to += size;
  };
  while (erased != 0 && at != run.end()) {
    const char* next = at + list_element_size(at);
    if (value.equals(at)) {
      if (skipped != 0) {
        --skipped;
      } else {
        copy_to(at);
        kept = next;
        --erased;
      }
    }
    at = next;
  }
  copy_to(run.end());
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
