// How long a published message takes to a thread that waits for it, beside the least a wake-up
// can take: a bare futex between two threads. From just before the call until the waiting thread
// runs again; the waiting thread has had time to fall asleep before each message.
// Usage: publish_latency [messages]. Prints rows; see README.md.
#include <kevy.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "measure.h"

namespace {

using namespace bench;

constexpr auto kPause = std::chrono::microseconds(150);
constexpr int kBlock = 50;  // messages of one side before the other has its turn

/// Sends `kBlock` messages one by one to a thread that waits; gives the latencies in nanoseconds.
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

class Channel {
 public:
  Channel() {
    const char* const name = "news";
    if (kevy_start(nullptr, &db_) != KEVY_OK ||
        kevy_subscribe(db_, 1, &name, nullptr, nullptr, &subscription_) != KEVY_OK) {
      std::abort();
    }
  }
  ~Channel() {
    kevy_subscription_close(subscription_, 0);
    kevy_stop(db_);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void send() {
    const char* argv[] = {"PUBLISH", "news", "sixteen bytes..."};
    const size_t sizes[] = {7, 4, 16};
    kevy_reply* reply;
    if (kevy_exec(db_, 3, argv, sizes, &reply) != KEVY_OK) std::abort();
    kevy_reply_free(reply);
  }
  void wait() {
    kevy_message* message;
    if (kevy_subscription_next(subscription_, -1, &message) != KEVY_OK) std::abort();
    kevy_message_free(message);
  }

 private:
  kevy_instance* db_ = nullptr;
  kevy_subscription* subscription_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const int messages = argc > 1 ? std::atoi(argv[1]) : 3000;
  BareFutex futex;
  Channel channel;
  std::vector<double> bare, published;
  for (int sent = 0; sent < messages; sent += kBlock) {
    measure_block(bare, [&] { futex.send(); }, [&] { futex.wait(); });
    measure_block(published, [&] { channel.send(); }, [&] { channel.wait(); });
  }
  const char* name = "PUBLISH to one waiting thread, median latency";
  print_row(name, "bare futex", median(bare), "ns");
  print_goal(name, "kevy_exec", median(published), "ns", "bare futex",
             median(published) / median(bare), 1.2);
}
