// ChangedKeys: keys that have changed and of which sessions are to be told that have asked for all
// changes (CLIENT TRACKING ... BCAST). They wait until the locks are given back, so that what a
// command or an EXEC has changed comes out as one message.
//
// One thread at a time: in a shard that of the holder of its lock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace kevy {

class ChangedKeys {
 public:
  struct Change {
    std::string key;
    uint64_t session;  // whose command has changed it; 0: nobody's
  };

  bool empty() const noexcept { return changes_.empty() && !any_lost_; }
  /// There was no memory for some: they may be any.
  bool any_lost() const noexcept { return any_lost_; }
  std::vector<Change>& changes() noexcept { return changes_; }

  void add(Bytes key, uint64_t session) noexcept;
  void take_from(ChangedKeys& other) noexcept;

 private:
  std::vector<Change> changes_;
  bool any_lost_ = false;
};

}  // namespace kevy
