// Watches: the watched keys of one shard, each with a version that changes when the key does.
// WATCH notes the version and EXEC compares it, so a change never has to reach into a session.
// Touched only by the holder of the shard's lock.
#pragma once

#include <string>
#include <unordered_map>

#include "base/bytes.h"

namespace kevy {

class Watches {
 public:
  bool any() const noexcept { return !watched_.empty(); }

  /// Starts to watch; returns the version to compare with.
  uint64_t add(int database, Bytes key) {
    Watched& watched = watched_[name(database, key)];
    ++watched.watchers;
    return watched.version;
  }
  void remove(int database, Bytes key) {
    const auto found = watched_.find(name(database, key));
    if (found != watched_.end() && --found->second.watchers == 0) watched_.erase(found);
  }
  uint64_t version(int database, Bytes key) const {
    const auto found = watched_.find(name(database, key));
    return found == watched_.end() ? 0 : found->second.version;
  }
  void changed(int database, Bytes key) {
    const auto found = watched_.find(name(database, key));
    if (found != watched_.end()) ++found->second.version;
  }
  /// Visits (database, key, a function that marks the key as changed).
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto& [text, watched] : watched_) {
      const size_t colon = text.find(':');
      const int database = std::stoi(text.substr(0, colon));
      visit(database, Bytes(text).substr(colon + 1), [&watched = watched] { ++watched.version; });
    }
  }

 private:
  struct Watched {
    uint64_t watchers = 0;
    uint64_t version = 1;
  };
  static std::string name(int database, Bytes key) {
    return std::to_string(database) + ':' + std::string(key);
  }

  std::unordered_map<std::string, Watched> watched_;
};

}  // namespace kevy
