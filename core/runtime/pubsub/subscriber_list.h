// SubscriberList: who gets the messages of one channel or pattern. One that leaves is
// found without a search once they are many, so that a thousand sessions that end at once cost a
// thousand steps. Guarded by the lock of PubSub.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "runtime/pubsub/subscriber.h"

namespace kevy {

class SubscriberList {
 public:
  size_t size() const noexcept { return subscribers_.size(); }
  auto begin() const noexcept { return subscribers_.begin(); }
  auto end() const noexcept { return subscribers_.end(); }

  /// Adds one that is not there. Throws std::bad_alloc, and it is not added.
  void add(Subscriber& subscriber);
  /// The last one takes the place of the one that leaves.
  void remove(Subscriber& subscriber) noexcept;

 private:
  static constexpr size_t kSearchedMax = 16;

  void note_places();
  size_t place_of(Subscriber& subscriber) const noexcept;

  std::vector<Subscriber*> subscribers_;
  std::unordered_map<Subscriber*, size_t>
      places_;  // of all in subscribers_, or empty while they are few
};

}  // namespace kevy
