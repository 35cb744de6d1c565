// A condition variable for std::mutex, as std::condition_variable is. Waiting on that one needs the
// C++ library of GCC 12 when it was built there: with this one a package runs on GCC 11's, as the
// rest of the engine does.
#pragma once

#include <pthread.h>

#include <chrono>
#include <ctime>
#include <mutex>

namespace kevy {

class Condition {
 public:
  Condition() noexcept {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&condition_, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  ~Condition() { pthread_cond_destroy(&condition_); }

  void notify_one() noexcept { pthread_cond_signal(&condition_); }
  void notify_all() noexcept { pthread_cond_broadcast(&condition_); }

  /// Returns once `holds()`, which is asked with the mutex held.
  template <typename Predicate>
  void wait(std::unique_lock<std::mutex>& lock, Predicate holds) noexcept {
    while (!holds()) pthread_cond_wait(&condition_, lock.mutex()->native_handle());
  }

  /// Returns once `holds()`, or `span` is over.
  template <typename Predicate>
  void wait_for(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds span,
                Predicate holds) noexcept {
    constexpr long kSecond = 1'000'000'000;
    timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += span.count() / kSecond;
    end.tv_nsec += span.count() % kSecond;
    if (end.tv_nsec >= kSecond) {
      end.tv_nsec -= kSecond;
      ++end.tv_sec;
    }
    bool in_time = true;
    while (!holds() && in_time) {
      in_time = pthread_cond_timedwait(&condition_, lock.mutex()->native_handle(), &end) == 0;
    }
  }

 private:
  pthread_cond_t condition_;
};

}  // namespace kevy
