// ReadyIds: the ids that a Watcher has to tell JavaScript of, put in by any thread. Whoever may still add
// some shares it, so that it outlives the watcher.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace kevy::node {

class Watcher;
class Watchers;

class ReadyIds {
 public:
  ReadyIds(Watchers& all, Watcher& watcher) : all_(all), watcher_(&watcher) {}

  /// Has the watcher tell of them, on its event loop. Any thread.
  void add(std::span<const uint32_t> ids);

  // Of the watcher's own thread.
  std::vector<uint32_t> take();
  /// From now on nobody is told.
  void close();

 private:
  Watchers& all_;

  std::mutex mutex_;  // guards what follows
  Watcher* watcher_;
  std::vector<uint32_t> ids_;
};

}  // namespace kevy::node
