// B38: whatever is left unsent, every byte that a client receives is its own. Many slow readers share
// one reactor and so its buffers; each value carries the name of the connection that asked for it.
#include <kevy.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "socket_client.h"
#include "support.h"

namespace {

constexpr size_t kChunk = 16 * 1024;  // of a connection's output
constexpr size_t kReplySize = 64;     // divides it
constexpr size_t kBlockSize = 40'000;  // a value that is sent without being copied

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string words(const std::vector<std::string>& all) {
  std::string text = "*" + std::to_string(all.size()) + "\r\n";
  for (const std::string& word : all) text += bulk(word);
  return text;
}

std::string block_of(const std::string& name) {
  std::string text;
  while (text.size() < kBlockSize) text += name + ' ';
  return text;
}

/// A client that sends far ahead of what it reads, and knows what it must get.
class SlowReader {
 public:
  SlowReader(const std::string& address, std::string name)
      : client_(address), name_(std::move(name)), random_(std::hash<std::string>()(name_)) {}

  const std::string& name() const { return name_; }
  bool start() {
    send(words({"SET", "block:" + name_, block_of(name_)}), "+OK\r\n");
    return client_.connected() && read_all();
  }
  /// Replies of exactly `size` bytes together, the size of one but the last dividing a chunk.
  void fill(size_t size) {
    std::string requests, replies;
    while (size - replies.size() > 2 * kReplySize) add_reply(kReplySize, requests, replies);
    add_reply(size - replies.size(), requests, replies);
    send(requests, replies);
  }
  void ask_for_block() { send(words({"GET", "block:" + name_}), bulk(block_of(name_))); }
  size_t unread() const { return expected_.size() - read_; }

  /// Reads so many of the bytes that are to come. False when they are not those expected.
  bool read(size_t size) {
    size = std::min(size, unread());
    const std::string got = client_.receive(size);
    if (expected_.compare(read_, size, got) != 0) return false;
    read_ += size;
    return true;
  }
  bool read_all() {
    const bool right = read(unread());
    expected_.clear();
    read_ = 0;
    return right;
  }
  size_t below(size_t bound) { return random_() % bound; }

 private:
  void add_reply(size_t size, std::string& requests, std::string& replies) {
    const size_t around = size > 107 ? 8 : 7;  // '$', the digits and both line ends
    std::string payload = name_ + ':' + std::to_string(++sequence_) + ':';
    payload.resize(size - around, '.');
    requests += words({"ECHO", payload});
    replies += bulk(payload);
  }
  void send(const std::string& requests, const std::string& replies) {
    expected_ += replies;
    sent_ = sent_ && client_.send(requests);
  }

  Client client_;
  const std::string name_;
  std::minstd_rand random_;
  std::string expected_;
  size_t read_ = 0;
  uint64_t sequence_ = 0;
  bool sent_ = true;
};

/// One client's rounds: requests in bursts that fill chunks to the byte, or just not, and reading
/// that lags behind. What went wrong, or nothing.
std::optional<std::string> lag_behind(const std::string& address, const std::string& name,
                                      int rounds) {
  SlowReader reader(address, name);
  if (!reader.start()) return name + ": could not start";
  for (int round = 0; round < rounds; ++round) {
    // Far more than a socket takes, so that replies lie unsent in chunks filled up to the brim.
    for (int burst = 0; burst < 40; ++burst) {
      const size_t off = burst % 4 == 0 ? reader.below(7) : 3;
      reader.fill((1 + reader.below(3)) * kChunk + off - 3);
    }
    if (round % 3 == 1) reader.ask_for_block();
    while (reader.unread() > 8 * kChunk) {
      if (!reader.read(1 + reader.below(4 * kChunk))) return name + ": got what is not its own";
      if (reader.below(4) == 0) reader.fill(kChunk);
      if (reader.below(8) == 0) reader.ask_for_block();
    }
    if (round % 5 == 4 && !reader.read_all()) return name + ": got what is not its own";
  }
  // Every other one goes away with replies unsent.
  if (name.back() % 2 == 0) return std::nullopt;
  if (!reader.read_all()) return name + ": got what is not its own";
  return std::nullopt;
}

}  // namespace

TEST_CASE("B38 slow readers get their own replies, however full the chunks of unsent ones are") {
  Instance instance(1);
  const std::string path = socket_path("slow");
  REQUIRE(kevy_listen(instance.db, "127.0.0.1:0", nullptr, nullptr) == KEVY_OK);
  REQUIRE(kevy_listen(instance.db, path.c_str(), nullptr, nullptr) == KEVY_OK);
  constexpr int kReaders = 6, kLives = 3, kRounds = 4;
  std::vector<std::thread> threads;
  std::vector<std::string> wrong(kReaders);
  std::atomic<int> lives{0};
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([&, i] {
      const std::string address = i % 2 == 0 ? path : instance.address(0);
      for (int life = 0; life < kLives; ++life) {
        const std::string name = "reader-" + std::to_string(i) + '-' + std::to_string(life + i);
        if (const auto what = lag_behind(address, name, kRounds)) {
          wrong[static_cast<size_t>(i)] = *what;
          return;
        }
        lives.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& what : wrong) CHECK(what == "");
  CHECK(lives.load() == kReaders * kLives);
}
