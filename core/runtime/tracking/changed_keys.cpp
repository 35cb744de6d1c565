#include "runtime/tracking/changed_keys.h"

#include <iterator>
#include <new>
#include <utility>

namespace kevy {

void ChangedKeys::add(Bytes key, uint64_t session) noexcept {
  try {
    changes_.push_back({std::string(key), session});
  } catch (const std::bad_alloc&) {
    any_lost_ = true;
  }
}

void ChangedKeys::take_from(ChangedKeys& other) noexcept {
  any_lost_ |= std::exchange(other.any_lost_, false);
  std::vector<Change> taken = std::move(other.changes_);
  other.changes_.clear();
  if (changes_.empty()) {
    changes_.swap(taken);
    return;
  }
  try {
    changes_.insert(changes_.end(), std::make_move_iterator(taken.begin()),
                    std::make_move_iterator(taken.end()));
  } catch (const std::bad_alloc&) {
    any_lost_ = true;
  }
}

}  // namespace kevy
