// Deadlines: when the waits of an instance's commands end that have a timeout, on the instance's
// clock. One ordered set for all; housekeeping sleeps until the first of them, and who moves the
// clock has those ended that are due by then.
//
// Any thread may call any method but set_wake(). The lock is a leaf.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <utility>

#include "base/lock.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

class Deadlines {
 public:
  /// Sets the function that has somebody call take_due() at the first deadline, which has become an
  /// earlier one. False when nobody can. To be set before the first command.
  void set_wake(std::function<bool()> wake) { wake_ = std::move(wake); }

  /// The waiter's wait is to end at its deadline. Throws std::bad_alloc.
  void add(const WaiterPtr& waiter);
  /// It need not be told, be it in the set or not.
  void remove(const Waiter& waiter) noexcept;
  /// One whose deadline has come, which is taken out; or nullptr.
  WaiterPtr take_due(int64_t now_us) noexcept;
  bool any() noexcept;
  /// The same as if there were a waiter that waits until then, and for no other moment;
  /// kNoDeadline: there is none.
  void expect(int64_t moment_us) noexcept;
  /// Whoever runs this sleeps until then: a later deadline need not wake it.
  int64_t first() noexcept;

 private:
  struct Less {
    using is_transparent = void;
    using Name = std::pair<int64_t, const Waiter*>;
    static Name name(const Name& name) { return name; }
    static Name name(const WaiterPtr& waiter) { return {waiter->deadline_us, waiter.get()}; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return name(a) < name(b);
    }
  };

  std::function<bool()> wake_;
  Lock lock_;  // guards what follows
  std::set<WaiterPtr, Less> waiters_;
  int64_t expected_us_ = kNoDeadline;
  int64_t awaited_us_ = kNoDeadline;  // when somebody looks next
};

}  // namespace kevy
