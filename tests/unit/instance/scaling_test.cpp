// What many keys, channels and subscribers cost: 32 times as many take about 32 times as long, or some
// times that where they no longer fit a cache.
#include <catch2/catch.hpp>

#include <algorithm>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "unit/instance/client.h"

using namespace kevy;
using test::Client;

namespace {

double cpu_seconds(const std::function<void()>& body) {
  timespec before, after;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  body();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  return static_cast<double>(after.tv_sec - before.tv_sec) +
         1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
}

/// body(n) for n and for 32 n, the best of three each. What is quadratic takes 1,024 times as long.
template <typename Body>
void check_linear(size_t n, Body body) {
  const auto best = [&](size_t count) {
    double seconds = 1e9;
    for (int i = 0; i < 3; ++i) seconds = std::min(seconds, body(count));
    return seconds;
  };
  const double few = best(n), many = best(32 * n);
  INFO(few << " s, and " << many << " s for 32 times as many");
  CHECK(many < 400 * few);
}

std::vector<std::string> words(const std::string& verb, size_t count) {
  std::vector<std::string> words{verb};
  for (size_t i = 0; i < count; ++i) words.push_back("name:" + std::to_string(i));
  return words;
}

}  // namespace

TEST_CASE("WATCH of many keys, and what ends it, is linear") {
  const auto instance = test::start(GENERATE(1u, 8u));
  const std::string end = GENERATE("UNWATCH", "MULTI\r\nEXEC", "MULTI\r\nDISCARD", "RESET");
  check_linear(1'000, [&](size_t count) {
    Client client(*instance);
    const std::string watch = test::request(words("WATCH", count));
    return cpu_seconds([&] {
      CHECK(client(watch) == "+OK\r\n");
      client(end);
      CHECK(client.session().transaction.watched.empty());
    });
  });
}

TEST_CASE("a transaction of many UNWATCH with many keys watched is linear") {
  const auto instance = test::start(8);
  check_linear(500, [&](size_t count) {
    Client client(*instance);
    client(test::request(words("WATCH", count)));
    std::string transaction = "MULTI";
    for (size_t i = 0; i < count; ++i) transaction += "\r\nUNWATCH";
    return cpu_seconds([&] { client(transaction + "\r\nEXEC"); });
  });
}

TEST_CASE("SUBSCRIBE to many channels, and the end of such a session, is linear") {
  const auto instance = test::start(2);
  check_linear(1'000, [&](size_t count) {
    const std::string subscribe = test::request(words("SUBSCRIBE", count));
    const double seconds = cpu_seconds([&] {
      Client client(*instance);
      client(subscribe);
      CHECK(instance->runtime().pubsub().count(ChannelKind::kChannel) == count);
    });
    CHECK(instance->runtime().pubsub().count(ChannelKind::kChannel) == 0);
    return seconds;
  });
}

TEST_CASE("many subscribers of one channel leave it in linear time") {
  const OutputLimit none;
  PubSub pubsub;
  PubSubTurn turn;
  turn.take(pubsub);
  check_linear(1'000, [&](size_t count) {
    std::vector<std::unique_ptr<Subscriber>> those;
    for (size_t i = 0; i < count; ++i) those.push_back(std::make_unique<Subscriber>(none));
    return cpu_seconds([&] {
      for (auto& one : those) turn.join(ChannelKind::kChannel, "c", *one);
      CHECK(turn.subscribers(ChannelKind::kChannel, "c") == count);
      for (size_t i = 0; i < count; ++i) {  // in an order of no kind, each once
        turn.leave(ChannelKind::kChannel, "c", *those[i * 7919 % count]);
      }
      CHECK(pubsub.count(ChannelKind::kChannel) == 0);
    });
  });
  turn.give_back();
}
