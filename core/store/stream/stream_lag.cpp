#include "store/stream/stream_lag.h"

namespace kevy {

namespace {

// Whether an entry after `id` may have been removed before those in front of it.
bool may_lack_after(const StreamObject::Counts& counts, StreamId id) noexcept {
  if (counts.length == 0 || counts.max_deleted_id.is_zero()) return false;
  return id <= counts.max_deleted_id;
}

}  // namespace

int64_t entries_up_to(const StreamObject::Counts& counts, StreamId id) noexcept {
  if (counts.entries_added == 0) return 0;
  const auto added = static_cast<int64_t>(counts.entries_added);
  if (counts.length == 0 && id <= counts.last_id) return added;
  if (!id.is_zero() && id < counts.max_deleted_id) return StreamGroup::kUnknown;
  if (id == counts.last_id) return added;
  if (id > counts.last_id) return StreamGroup::kUnknown;
  if (counts.max_deleted_id.is_zero() || counts.max_deleted_id < counts.first_id) {
    const int64_t gone = added - static_cast<int64_t>(counts.length);
    if (id < counts.first_id) return gone;
    if (id == counts.first_id) return gone + 1;
  }
  return StreamGroup::kUnknown;
}

int64_t entries_read_after(const StreamObject::Counts& counts, StreamId last, int64_t read,
                           StreamId id) noexcept {
  const bool known = read != StreamGroup::kUnknown;
  if (known && last >= counts.first_id && !may_lack_after(counts, last)) return read + 1;
  return counts.entries_added != 0 ? entries_up_to(counts, id) : read;
}

std::optional<int64_t> stream_lag(const StreamObject::Counts& counts,
                                  const StreamGroup& group) noexcept {
  if (counts.entries_added == 0) return 0;
  int64_t read = group.entries_read;
  if (read == StreamGroup::kUnknown || may_lack_after(counts, group.last_id)) {
    read = entries_up_to(counts, group.last_id);
    if (read == StreamGroup::kUnknown) return std::nullopt;
  }
  return static_cast<int64_t>(counts.entries_added) - read;
}

}  // namespace kevy
