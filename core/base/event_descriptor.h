// EventDescriptor: a descriptor that polls readable from signal() until clear(). Any thread may call
// any method.
#pragma once

#include <sys/eventfd.h>

#include <cstdint>

#include "base/descriptor.h"

namespace kevy {

class EventDescriptor {
 public:
  /// get() is below zero when there was no descriptor left.
  EventDescriptor() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  int get() const noexcept { return descriptor_.get(); }
  void signal() noexcept {
    const uint64_t one = 1;
    (void)!write(get(), &one, sizeof one);
  }
  void clear() noexcept {
    uint64_t count;
    (void)!read(get(), &count, sizeof count);
  }

 private:
  Descriptor descriptor_;
};

}  // namespace kevy
