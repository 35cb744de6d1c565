// How long an element takes from the thread that pushes it to one that waits for it with BLPOP,
// beside the least that a wake-up can take (wake_up.h). Usage: hand_off [elements]. Prints rows;
// see README.md.
#include <kevy.h>

#include <cstdlib>
#include <vector>

#include "wake_up.h"

namespace {

using namespace bench;

class Queue {
 public:
  Queue() {
    if (kevy_start(nullptr, &db_) != KEVY_OK ||
        kevy_session_open(db_, nullptr, &waiting_) != KEVY_OK) {
      std::abort();
    }
  }
  ~Queue() {
    kevy_session_close(waiting_);
    kevy_stop(db_);
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  void send() {
    const char* argv[] = {"RPUSH", "queue", "sixteen bytes..."};
    const size_t sizes[] = {5, 5, 16};
    kevy_reply* reply;
    if (kevy_exec(db_, 3, argv, sizes, &reply) != KEVY_OK) std::abort();
    kevy_reply_free(reply);
  }
  void wait() {
    const char* argv[] = {"BLPOP", "queue", "0"};
    const size_t sizes[] = {5, 5, 1};
    kevy_reply* reply;
    if (kevy_session_exec(waiting_, 3, argv, sizes, &reply) != KEVY_OK) std::abort();
    kevy_reply_free(reply);
  }

 private:
  kevy_instance* db_ = nullptr;
  kevy_session* waiting_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const int elements = argc > 1 ? std::atoi(argv[1]) : 3000;
  BareFutex futex;
  Queue queue;
  std::vector<double> bare, handed;
  for (int sent = 0; sent < elements; sent += kBlock) {
    measure_block(
        bare, [&] { futex.send(); }, [&] { futex.wait(); });
    measure_block(
        handed, [&] { queue.send(); }, [&] { queue.wait(); });
  }
  const char* name = "an element to a thread in BLPOP, median latency";
  print_row(name, "bare futex", median(bare), "ns");
  print_goal(name, "kevy_session_exec", median(handed), "ns", "bare futex",
             median(handed) / median(bare), 1.3);
}
