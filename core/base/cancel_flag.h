// CancelFlag: an int of somebody else's that ends what looks at it, once it is not 0. Any thread may set
// it, and a signal handler. Knows nothing of what it ends; it outlives whoever looks.
#pragma once

namespace kevy {

class CancelFlag {
 public:
  CancelFlag() = default;
  explicit CancelFlag(const volatile int* flag) noexcept : flag_(flag) {}

  bool set() const noexcept {
    return flag_ != nullptr && __atomic_load_n(flag_, __ATOMIC_RELAXED) != 0;
  }

 private:
  const volatile int* flag_ = nullptr;
};

}  // namespace kevy
