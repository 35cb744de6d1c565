// SessionIds: the numbers of some sessions, each once. They may be those of sessions that have
// gone: whoever looks one up finds nothing. So a session that goes has no table to be taken out of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kevy {

class SessionIds {
 public:
  size_t size() const noexcept { return ids_.size(); }
  bool empty() const noexcept { return ids_.empty(); }
  auto begin() const noexcept { return ids_.begin(); }
  auto end() const noexcept { return ids_.end(); }
  size_t memory_bytes() const noexcept { return ids_.capacity() * sizeof(uint64_t); }

  /// False when it is there already. Before it grows, those go that `is_gone` finds gone; so those
  /// who come and go do not pile up. Throws std::bad_alloc, and nothing is added.
  template <typename IsGone>
  bool add(uint64_t id, IsGone&& is_gone) {
    auto place = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (place != ids_.end() && *place == id) return false;
    if (ids_.size() == ids_.capacity() && ids_.size() >= kSweptMin) {
      std::erase_if(ids_, is_gone);
      place = std::lower_bound(ids_.begin(), ids_.end(), id);
    }
    ids_.insert(place, id);
    return true;
  }
  /// False when it is not there.
  bool remove(uint64_t id) noexcept {
    const auto place = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (place == ids_.end() || *place != id) return false;
    ids_.erase(place);
    return true;
  }

 private:
  static constexpr size_t kSweptMin = 64;

  std::vector<uint64_t> ids_;  // in ascending order
};

}  // namespace kevy
