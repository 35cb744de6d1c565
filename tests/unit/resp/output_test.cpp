#include "resp/output.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

using namespace kevy;

namespace {

/// What the first `pieces_max` pieces of the queue hold.
std::string gathered(const OutputQueue& queue, size_t pieces_max) {
  std::vector<iovec> pieces(pieces_max);
  const size_t count = queue.gather(pieces.data(), pieces_max);
  REQUIRE(count <= pieces_max);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    REQUIRE(pieces[i].iov_len != 0);
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return text;
}

std::string random_text(Random& random, size_t size_max) {
  std::string text(random.below(size_max + 1), ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

/// A queue beside the text that it should hold.
struct Pair {
  OutputQueue queue;
  std::string model;

  void append(const std::string& text) {
    queue.append(text);
    model += text;
  }
  void append_block(const std::string& text) {
    queue.append(SharedBytes::copy_of(text));
    model += text;
  }
  void write_in_place(const std::string& text) {
    text.copy(queue.reserve(text.size()), text.size());
    queue.advance(text.size());
    model += text;
  }
  void consume(size_t count) {
    queue.consume(count);
    model.erase(0, count);
  }
};

}  // namespace

TEST_CASE("what goes into a queue comes out, however it is written and however little is taken") {
  Random random(GENERATE(1u, 2u, 3u, 4u));
  Pair pair;
  size_t emptied = 0;
  for (int i = 0; i < 2'000; ++i) {
    switch (random.below(7)) {
      case 0:
        pair.append(random_text(random, 100));
        break;
      case 1:
        pair.append(random_text(random, 40'000));
        break;
      case 2:
        pair.append_block(random_text(random, 2 * OutputQueue::kSharedMin));
        break;
      case 3:
        pair.write_in_place(random_text(random, 64));
        break;
      case 4: {  // what a send took: anything from nothing to all
        const size_t offered = gathered(pair.queue, 1 + random.below(8)).size();
        pair.consume(random.below(3) == 0 ? offered : random.below(offered + 1));
        break;
      }
      case 5:
        if (random.below(4) == 0) pair.consume(pair.model.size());
        break;
      default:  // seldom, since it takes long to make
        if (random.below(16) == 0) pair.append(random_text(random, 1'000'000));
    }
    REQUIRE(pair.queue.size() == pair.model.size());
    REQUIRE(pair.queue.empty() == pair.model.empty());
    REQUIRE(pair.queue.memory() >= pair.queue.size());
    emptied += pair.model.empty() ? 1 : 0;
    const std::string front = gathered(pair.queue, 1 + random.below(8));
    REQUIRE(front == pair.model.substr(0, front.size()));
    REQUIRE(front.empty() == pair.model.empty());
  }
  CHECK(gathered(pair.queue, 10'000) == pair.model);
  CHECK(emptied > 10);
}

TEST_CASE("B26 a big block is referred to until its last byte was sent, and not longer") {
  const SharedBytes block = SharedBytes::copy_of(std::string(OutputQueue::kSharedMin, 'v'));
  OutputQueue queue;
  queue.append("before");
  queue.append(block);
  queue.append("behind");
  iovec pieces[3];
  REQUIRE(queue.gather(pieces, 3) == 3);
  CHECK(pieces[1].iov_base == block.bytes().data());
  queue.consume(6 + OutputQueue::kSharedMin - 1);
  CHECK_FALSE(block.unique());
  queue.consume(1);
  CHECK(block.unique());
  CHECK(gathered(queue, 3) == "behind");
}

TEST_CASE("of a part of a block nothing else is sent, and the block is kept as long") {
  constexpr size_t kBefore = 10, kBehind = 5;
  const SharedBytes block = SharedBytes::copy_of(std::string(kBefore, 'x') +
                                                 std::string(OutputQueue::kSharedMin, 'v') +
                                                 std::string(kBehind, 'x'));
  const Bytes part = block.bytes().substr(kBefore, OutputQueue::kSharedMin);
  OutputQueue queue;
  queue.append("before");
  queue.append(block, part);
  queue.append("behind");
  CHECK(queue.size() == part.size() + 12);
  CHECK(queue.memory() >= block.bytes().size());
  SECTION("it is sent in two steps") {
    queue.consume(6 + 100);
    iovec piece;
    REQUIRE(queue.gather(&piece, 1) == 1);
    CHECK(piece.iov_base == part.data() + 100);
    CHECK(piece.iov_len == part.size() - 100);
    queue.consume(part.size() - 100);
    CHECK(block.unique());
    CHECK(gathered(queue, 3) == "behind");
  }
  SECTION("its end is taken back") {
    queue.truncate(6 + part.size() - 1);
    CHECK(gathered(queue, 3) == "before" + std::string(part.size() - 1, 'v'));
  }
  SECTION("it moves to another queue") {
    OutputQueue other;
    queue.move_tail(part.size() - 7 + 6, other);
    CHECK(gathered(other, 3) == std::string(part.size() - 7, 'v') + "behind");
    CHECK(gathered(queue, 3) == "before" + std::string(7, 'v'));
  }
}

TEST_CASE("a small block is copied") {
  const SharedBytes block = SharedBytes::copy_of(std::string(OutputQueue::kSharedMin - 1, 'v'));
  OutputQueue queue;
  queue.append(block);
  CHECK(block.unique());
  CHECK(queue.size() == OutputQueue::kSharedMin - 1);
}

TEST_CASE("clearing drops what was not sent") {
  const SharedBytes block = SharedBytes::copy_of(std::string(OutputQueue::kSharedMin, 'v'));
  OutputQueue queue;
  queue.append("x");
  queue.append(block);
  queue.clear();
  CHECK(queue.empty());
  CHECK(block.unique());
  queue.append("again");
  CHECK(gathered(queue, 1) == "again");
}

TEST_CASE("B38 memory passes from queue to queue, bytes do not") {
  OutputQueue lender, borrower;
  lender.append("the lender's");
  lender.consume(lender.size());
  REQUIRE(lender.has_room());
  borrower.take_memory(lender);
  CHECK_FALSE(lender.has_room());
  CHECK(lender.empty());
  REQUIRE(borrower.has_room());
  CHECK(borrower.empty());
  borrower.append("the borrower's");
  lender.append("the lender's again");
  CHECK(gathered(borrower, 2) == "the borrower's");
  CHECK(gathered(lender, 2) == "the lender's again");
}

TEST_CASE("what is sent piece by piece costs what it is, however much waits behind it") {
  // Moving what waits with every piece would be 20 billion moves.
  constexpr size_t kBlocks = 200'000;
  const SharedBytes block = SharedBytes::copy_of(std::string(OutputQueue::kSharedMin, 'v'));
  OutputQueue queue;
  for (size_t i = 0; i < kBlocks; ++i) queue.append(block);
  for (size_t i = 0; i < kBlocks; ++i) queue.consume(OutputQueue::kSharedMin);
  CHECK(queue.empty());
  CHECK(block.unique());
}

TEST_CASE("short replies that step back behind messages keep no chunks of their own") {
  constexpr int kRounds = 1000;
  OutputQueue queue;
  std::string model;
  for (int i = 0; i < kRounds; ++i) {
    const std::string reply = "reply " + std::to_string(i);
    const std::string message = "message " + std::to_string(i);
    queue.append(reply);
    OutputQueue last;
    queue.move_tail(reply.size(), last);
    queue.append(message);
    queue.append_all(last);
    REQUIRE(last.empty());
    model += message + reply;
  }
  REQUIRE(queue.size() == model.size());
  CHECK(gathered(queue, 2 * kRounds) == model);
  CHECK(queue.memory() < 4 * model.size());
}
