// ViewStep: for how long a view holds a shard, and how much it copies meanwhile.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace kevy {

class ViewStep {
 public:
  /// The longest that a shard is held for one step, unless one bucket takes longer.
  static constexpr int64_t kUs = 50;
  /// More than is copied in most steps, so that no memory is got while the shard is held.
  static constexpr size_t kBytes = size_t{256} * 1024;

  /// Calls walk(how many buckets) until it says that nothing is left, `buckets` were walked, or the
  /// time is over.
  template <typename Walk>
  void walk(size_t buckets, Walk&& walk) const {
    bool done = false;
    do {
      const size_t some = std::min(buckets, kAtOnce);
      done = walk(some);
      buckets -= some;
    } while (buckets != 0 && !done && Clock::monotonic_us() < end_us_);
  }

 private:
  static constexpr size_t kAtOnce = 4;  // buckets between two looks at the clock

  const int64_t end_us_ = Clock::monotonic_us() + kUs;
};

}  // namespace kevy
