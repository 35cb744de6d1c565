// Pollable: what a reactor watches a descriptor for. The reactor does not own it: whoever adds it
// sees to it that its descriptor is closed, or taken out, before it goes.
#pragma once

#include <cstdint>

namespace kevy {

class Pollable {
 public:
  virtual ~Pollable() = default;
  /// `events` are epoll's. On the reactor's thread.
  virtual void on_ready(uint32_t events) = 0;
  /// Some time has gone by since Reactor::rest. On the reactor's thread.
  virtual void on_rested() noexcept {}

  // Of the reactor.
  Pollable* next_resting = nullptr;
  bool rests = false;
};

}  // namespace kevy
