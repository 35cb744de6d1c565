// How long a published message takes to a thread that waits for it, beside the least that a wake-up
// can take (wake_up.h).
// Usage: publish_latency [messages]. Prints rows; see README.md.
#include <kevy.h>

#include <cstdlib>
#include <vector>

#include "wake_up.h"

namespace {

using namespace bench;

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
