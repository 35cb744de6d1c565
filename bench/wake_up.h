// How long it takes to wake a thread that waits, from just before the call that wakes it until it
// runs again; it has had time to fall asleep before. And the least that can be: a bare futex.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "measure.h"

namespace bench {

constexpr auto kPause = std::chrono::microseconds(150);
constexpr int kBlock = 50;  // of one side before the other has its turn

/// Wakes a thread that waits `kBlock` times; adds the latencies in nanoseconds.
template <typename Send, typename Wait>
void measure_block(std::vector<double>& latencies, Send&& send, Wait&& wait) {
  std::atomic<int64_t> arrived_ns{0};
  std::thread receiver([&] {
    for (int i = 0; i < kBlock; ++i) {
      wait();
      arrived_ns.store(now_ns(), std::memory_order_release);
    }
  });
  std::this_thread::sleep_for(kPause);
  for (int i = 0; i < kBlock; ++i) {
    const int64_t begin = now_ns();
    send();
    int64_t end = 0;
    while (end == 0) {
      std::this_thread::sleep_for(kPause);
      end = arrived_ns.exchange(0, std::memory_order_acquire);
    }
    latencies.push_back(static_cast<double>(end - begin));
  }
  receiver.join();
}

class BareFutex {
 public:
  void send() {
    word_.store(1, std::memory_order_release);
    call(FUTEX_WAKE_PRIVATE, 1);
  }
  void wait() {
    while (word_.load(std::memory_order_acquire) == 0) call(FUTEX_WAIT_PRIVATE, 0);
    word_.store(0, std::memory_order_release);
  }

 private:
  void call(int operation, uint32_t value) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word_), operation, value, nullptr, nullptr, 0);
  }
  std::atomic<uint32_t> word_{0};
};

}  // namespace bench
