// SessionMemory: what a connection holds in memory, in bytes, as the thread that serves it last noted.
// Written by that thread, read by any.
#pragma once

#include <atomic>
#include <cstddef>

namespace kevy {

struct SessionMemory {
  std::atomic<size_t> query{0};        // received, and not yet run
  std::atomic<size_t> query_free{0};   // room for more
  std::atomic<size_t> arguments{0};    // the words of the last command
  std::atomic<size_t> transaction{0};  // queued commands and watches
  std::atomic<size_t> output{0};       // replies that were not yet sent
  std::atomic<size_t> total{0};        // all that, and the session itself
};

}  // namespace kevy
