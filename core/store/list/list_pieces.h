// The pieces of a list, as who writes it down has them: runs of elements of some kilobytes each; an
// element of more is one by itself. How many there are is known of a chunk by how much it has, before
// anybody looks at its elements: then these are cut into so many.
//
// Pure functions: any thread.
#pragma once

#include <algorithm>

#include "store/list/list_element.h"

namespace kevy {

/// The bytes of a piece of several elements, at most.
inline constexpr size_t kListPieceMost = 8192;

/// The pieces of a chunk of so many elements in so many bytes. Filled one after another, each two of
/// them that follow each other have more than kListPieceMost.
constexpr size_t list_pieces(size_t bytes, size_t count) noexcept {
  return std::min(count, 2 * (bytes / kListPieceMost) + 1);
}

/// use(const ListRun&) with each of the pieces of the run, list_pieces() of them.
template <typename Use>
void for_each_list_piece(const ListRun& run, const Use& use) {
  const auto is_full = [](size_t bytes, size_t more) {
    return bytes != 0 && bytes + more > kListPieceMost;
  };
  const size_t all = list_pieces(run.bytes.size(), run.count);
  if (all == 1) return use(run);
  size_t full = 1, filled = 0;
  for (const char* at = run.begin(); at != run.end();) {
    const size_t size = list_element_size(at);
    const bool begins = is_full(filled, size);
    filled = begins ? size : filled + size;
    full += begins ? 1 : 0;
    at += size;
  }
  // Those that there are too few of are gained by cutting earlier here and there.
  size_t further = all - full, chances = run.count - full;
  const char* begin = run.begin();
  size_t count = 0;
  filled = 0;
  for (const char* at = run.begin(); at != run.end(); ++count) {
    const size_t size = list_element_size(at);
    const bool begins = is_full(filled, size);
    filled = begins ? size : filled + size;
    bool cut = begins;
    if (!begins && at != run.begin()) {
      const auto bytes = static_cast<size_t>(at - begin);
      cut = further != 0 && (bytes >= run.bytes.size() / all || further == chances);
      --chances;
      further -= cut ? 1 : 0;
    }
    if (cut) {
      use(ListRun{{begin, static_cast<size_t>(at - begin)}, count});
      begin = at;
      count = 0;
    }
    at += size;
  }
  use(ListRun{{begin, static_cast<size_t>(run.end() - begin)}, count});
}

}  // namespace kevy
