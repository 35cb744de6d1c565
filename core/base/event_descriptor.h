// EventDescriptor: a descriptor that polls readable from signal() until clear(). Any thread may call
// any method.
#pragma once

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>

#include "base/descriptor.h"

namespace kevy {

class EventDescriptor {
 public:
  /// get() is below zero when there was no descriptor left; errno says why.
  EventDescriptor() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  int get() const noexcept { return descriptor_.get(); }
  void signal() noexcept {
    const uint64_t one = 1;
    // Fails otherwise only where the count is full, and the descriptor readable.
    while (write(get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
  }
  void clear() noexcept {
    uint64_t count;
    while (read(get(), &count, sizeof count) < 0 && errno == EINTR) {
    }
  }

 private:
  Descriptor descriptor_;
};

}  // namespace kevy
