// Deadlines: when the waits of an instance's commands end that have a timeout, and when commands
// are to be run again that wait for what comes by time alone; on the instance's clock. One ordered
// set for all, in which a waiter has one place, for what comes first; housekeeping sleeps until the
// first of them, and who moves the clock has done what is due by then.
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
  /// Sets the function that has somebody call take_due() at the first moment, which has become an
  /// earlier one. False when nobody can. To be set before the first command.
  void set_wake(std::function<bool()> wake) { wake_ = std::move(wake); }

  /// The waiter's wait is to end at its deadline, and its command to be run again before that.
  /// Throws std::bad_alloc.
  void add(const WaiterPtr& waiter, const WaitLook& look);
  /// Its command, which was run again, is to be run once more at another moment. Whoever has
  /// claimed it.
  void look_next(Waiter& waiter, const WaitLook& look) noexcept;
  /// It need not be told, be it in the set or not.
  void remove(const Waiter& waiter) noexcept;

  struct Due {
    WaiterPtr waiter;      // nullptr: nothing is due
    bool is_look = false;  // at this place of the waiter's; else its deadline has come
    size_t place = 0;
  };
  /// The first that is due. One whose deadline it was is not told again.
  Due take_due(int64_t now_us) noexcept;
  bool any() noexcept;
  /// The same as if there were a waiter that waits until then, and for no other moment;
  /// kNoDeadline: there is none.
  void expect(int64_t moment_us) noexcept;
  /// Whoever runs this sleeps until then: a later moment need not wake it.
  int64_t first() noexcept;

 private:
  struct Less {
    using is_transparent = void;
    using Name = std::pair<int64_t, const Waiter*>;
    static Name name(const Name& name) { return name; }
    static Name name(const WaiterPtr& waiter) { return {waiter->due_us, waiter.get()}; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return name(a) < name(b);
    }
  };
  using Waiters = std::set<WaiterPtr, Less>;

  static void aim(Waiter& waiter, const WaitLook& look) noexcept;
  bool await(int64_t moment_us) noexcept;

  std::function<bool()> wake_;
  Lock lock_;  // guards what follows
  Waiters waiters_;
  int64_t expected_us_ = kNoDeadline;
  int64_t awaited_us_ = kNoDeadline;  // when somebody looks next
};

}  // namespace kevy
