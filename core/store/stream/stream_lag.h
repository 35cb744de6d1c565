// How many entries of a stream a group has read, and how many are left to it, as far as can be told
// without counting them: from how many there ever were, how many there are, and which was the last
// one removed out of their order.
//
// Pure functions.
#pragma once

#include <optional>

#include "store/stream/stream_object.h"

namespace kevy {

/// How many entries there ever were up to `id`, or StreamGroup::kUnknown.
int64_t entries_up_to(const StreamObject::Counts& counts, StreamId id) noexcept;
/// What StreamGroup::entries_read is once a group that had read `read` entries, up to `last`, has
/// read the next one, `id`.
int64_t entries_read_after(const StreamObject::Counts& counts, StreamId last, int64_t read,
                           StreamId id) noexcept;
/// How many entries are left to a group.
std::optional<int64_t> stream_lag(const StreamObject::Counts& counts,
                                  const StreamGroup& group) noexcept;

}  // namespace kevy
