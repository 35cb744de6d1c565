// LateKeys: keys that have changed and whose waiters could not be served there and then, since
// other shards are needed for that. So it goes only with changes that no command was to make, as
// when a key expires; housekeeping serves them.
//
// Any thread may call any method but set_wake(). The lock is a leaf.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/lock.h"

namespace kevy {

class LateKeys {
 public:
  struct Name {
    int database;
    std::string key;
  };

  /// Sets the function that has somebody call Runtime::serve_late(). To be set before the first
  /// command.
  void set_wake(std::function<bool()> wake) { wake_ = std::move(wake); }

  /// Where there is no memory for it, whoever waits goes on waiting until the key changes again.
  void add(int database, Bytes key) noexcept;
  std::optional<Name> take() noexcept;

 private:
  std::function<bool()> wake_;
  Lock lock_;
  std::vector<Name> names_;
};

}  // namespace kevy
