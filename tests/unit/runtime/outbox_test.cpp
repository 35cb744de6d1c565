// An outbox and whoever waits for it: what is ready stays so until it was taken or noticed.
#include "runtime/pubsub/outbox.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

using namespace kevy;

namespace {

/// A signal that is seen from outside, as a descriptor's is.
class Signal final : public Waker {
 public:
  void wake() noexcept override { on_.store(true); }
  void settle() noexcept override { on_.store(false); }
  bool on() const noexcept { return on_.load(); }

 private:
  std::atomic<bool> on_{false};
};

MessagePtr message_of(size_t size) {
  const std::string payload(size, 'p');
  return Message::make(Message::Kind::kChannel, {}, "channel", payload, Message::block_of(payload));
}

constexpr size_t kTooLong = OutputOverrun::kFree + 2'000;

}  // namespace

TEST_CASE(
    "the end of an outbox is shown until its owner has noticed, whatever it takes meanwhile") {
  OutputLimit limit{1'000, 0, 0};
  Outbox outbox(limit);
  Signal signal;
  outbox.set_waker(&signal);
  CHECK(outbox.put(message_of(10)) == Outbox::Put::kWake);
  outbox.wake();
  CHECK(signal.on());
  CHECK(outbox.put(message_of(kTooLong)) == Outbox::Put::kEnded);
  CHECK(outbox.put(message_of(10)) == Outbox::Put::kRefused);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(outbox.take());
    outbox.settle();
    CHECK(outbox.ready());
    CHECK(signal.on());
    CHECK(outbox.wait(0));
  }
  outbox.acknowledge_end();
  outbox.settle();
  CHECK_FALSE(outbox.ready());
  CHECK_FALSE(signal.on());
  outbox.set_waker(nullptr);
}

TEST_CASE("an outbox that ends while its owner takes the last message shows its end") {
  int ended_unseen = 0;
  for (int round = 0; round < 3'000; ++round) {
    OutputLimit limit{1'000, 0, 0};
    Outbox outbox(limit);
    Signal signal;
    outbox.set_waker(&signal);
    outbox.put(message_of(10));
    std::atomic<bool> go{false};
    std::thread publisher([&] {
      const MessagePtr last = message_of(kTooLong);
      while (!go.load()) {
      }
      outbox.put(last);
      outbox.wake();
    });
    go.store(true);
    while (!outbox.cancelled()) {
      outbox.take();
      outbox.settle();
    }
    outbox.take();
    outbox.settle();
    publisher.join();
    if (!outbox.ready() || !signal.on()) ++ended_unseen;
    outbox.set_waker(nullptr);
  }
  CHECK(ended_unseen == 0);
}

TEST_CASE("the first message of an outbox stays in it until it is taken") {
  OutputLimit limit{0, 0, 0};
  Outbox outbox(limit);
  CHECK_FALSE(outbox.first());
  outbox.put(message_of(10));
  outbox.put(message_of(20));
  CHECK(outbox.first()->payload().size() == 10);
  CHECK(outbox.take()->payload().size() == 10);
  CHECK(outbox.first()->payload().size() == 20);
  CHECK(outbox.ready());
  outbox.cancel();
  CHECK_FALSE(outbox.first());
}
