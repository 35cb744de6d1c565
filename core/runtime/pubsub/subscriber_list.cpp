#include "runtime/pubsub/subscriber_list.h"

#include <algorithm>

namespace kevy {

void SubscriberList::add(Subscriber& subscriber) {
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

void SubscriberList::remove(Subscriber& subscriber) noexcept {
  const size_t place = place_of(subscriber);
  if (place == subscribers_.size()) return;
  Subscriber* const last = subscribers_.back();
  subscribers_[place] = last;
  subscribers_.pop_back();
  if (places_.empty()) return;
  places_[last] = place;
  places_.erase(&subscriber);
}

void SubscriberList::note_places() {
  std::unordered_map<Subscriber*, size_t> places;
  for (size_t i = 0; i < subscribers_.size(); ++i) places.emplace(subscribers_[i], i);
  places_.swap(places);
}

size_t SubscriberList::place_of(Subscriber& subscriber) const noexcept {
  if (places_.empty()) {
    return static_cast<size_t>(std::find(begin(), end(), &subscriber) - begin());
  }
  const auto found = places_.find(&subscriber);
  return found == places_.end() ? subscribers_.size() : found->second;
}

}  // namespace kevy
