// SubscriberList: who gets the messages of one channel or pattern. One that leaves is
// found without a search once they are many, so that a thousand sessions that end at once cost a
// thousand steps. Guarded by the lock of PubSub.
#pragma once

#include <algorithm>
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
  void add(Subscriber& subscriber) {
    subscribers_.push_back(&subscriber);
    try {
      if (!places_.empty()) {
        places_.emplace(&subscriber, subscribers_.size() - 1);
      } else if (subscribers_.size() > kSearchedMax) {
        note_places();
      }
    } catch (...) {
      subscribers_.pop_back();
      throw;
    }
  }
  /// The last one takes the place of the one that leaves.
  void remove(Subscriber& subscriber) noexcept {
    const size_t place = place_of(subscriber);
    if (place == subscribers_.size()) return;
    Subscriber* const last = subscribers_.back();
    subscribers_[place] = last;
    subscribers_.pop_back();
    if (places_.empty()) return;
    places_[last] = place;
    places_.erase(&subscriber);
  }

 private:
  static constexpr size_t kSearchedMax = 16;

  void note_places() {
    std::unordered_map<Subscriber*, size_t> places;
    for (size_t i = 0; i < subscribers_.size(); ++i) places.emplace(subscribers_[i], i);
    places_.swap(places);
  }
  size_t place_of(Subscriber& subscriber) const noexcept {
    if (places_.empty()) {
      return static_cast<size_t>(std::find(begin(), end(), &subscriber) - begin());
    }
    const auto found = places_.find(&subscriber);
    return found == places_.end() ? subscribers_.size() : found->second;
  }

  std::vector<Subscriber*> subscribers_;
  std::unordered_map<Subscriber*, size_t> places_;  // of all in subscribers_, or empty while they are few
};

}  // namespace kevy
