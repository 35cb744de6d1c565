// What the commands on lists read from their arguments and from the settings.
#pragma once

#include "command/arguments.h"
#include "command/collection.h"
#include "store/list/list.h"

namespace kevy {

inline ListLimit list_limit(Call& call) {
  const Settings& settings = call.runtime.settings();
  return ListLimit::of(settings.list_packed_size.load(std::memory_order_relaxed),
                       settings.list_compress_depth.load(std::memory_order_relaxed));
}

/// LEFT or RIGHT; answers a syntax error when it is neither.
inline std::optional<End> end_argument(Call& call, Bytes word) {
  if (equals_ignoring_case(word, "left")) return End::kFront;
  if (equals_ignoring_case(word, "right")) return End::kBack;
  call.error(errors::kSyntax);
  return std::nullopt;
}

/// False, and the error is answered, when a value is too long for a list.
inline bool check_elements(Call& call, Args values) {
  for (const Bytes value : values) {
    if (value.size() <= kListElementMax) [[likely]] continue;
    call.error("ERR Element too large");
    return false;
  }
  return true;
}

inline Bytes push_event(End end) { return end == End::kFront ? "lpush" : "rpush"; }
inline Bytes pop_event(End end) { return end == End::kFront ? "lpop" : "rpop"; }
inline Bytes pop_verb(End end) { return end == End::kFront ? "LPOP" : "RPOP"; }
inline Bytes end_name(End end) { return end == End::kFront ? "LEFT" : "RIGHT"; }

/// Which elements two indices mean, which count from the end when below zero.
struct ListRange {
  size_t first = 0;
  size_t count = 0;

  ListRange(int64_t start, int64_t stop, size_t size) noexcept {
    const auto length = static_cast<int64_t>(size);
    if (start < 0) start = std::max<int64_t>(start + length, 0);
    if (stop < 0) stop += length;
    stop = std::min(stop, length - 1);
    if (start > stop) return;
    first = static_cast<size_t>(start);
    count = static_cast<size_t>(stop - start + 1);
  }
};

/// An index, which counts from the end when below zero; nothing when there is no such element.
inline std::optional<size_t> list_index(int64_t index, size_t size) noexcept {
  if (index < 0) index += static_cast<int64_t>(size);
  if (index < 0 || index >= static_cast<int64_t>(size)) return std::nullopt;
  return static_cast<size_t>(index);
}

}  // namespace kevy
