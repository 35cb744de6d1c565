#include "resp/reply_tree.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace kevy;

namespace {

/// A finished tree, freed with this object.
class Finished {
 public:
  explicit Finished(ReplyTree& tree) : root_(tree.take()) {}
  ~Finished() { free_reply(root_); }
  Finished(const Finished&) = delete;
  Finished& operator=(const Finished&) = delete;
  const ReplyNode& node() const { return *node_of(root_); }
  ReplyRoot* release() { return std::exchange(root_, nullptr); }

 private:
  ReplyRoot* root_;
};

Bytes text_of(const ReplyNode& node) { return {node.bytes, node.size}; }

/// An answer of some depth, with strings of every length that is stored differently.
void write_nested(Reply& reply) {
  reply.map(2);
  reply.bulk("strings");
  reply.array(4);
  for (const size_t size : {0, 10, 300, 10'000}) reply.bulk(std::string(size, 's'));
  reply.bulk("rest");
  reply.set(3);
  reply.integer(-7);
  reply.real(1.5);
  reply.boolean(true);
}

void check_nested(const ReplyNode& map) {
  REQUIRE(map.type == NodeType::kMap);
  REQUIRE(map.size == 4);
  CHECK(text_of(map.children[0]) == "strings");
  const ReplyNode& strings = map.children[1];
  REQUIRE(strings.size == 4);
  for (size_t i = 0; i < 4; ++i) {
    const Bytes text = text_of(strings.children[i]);
    CHECK(text == std::string(std::vector<size_t>{0, 10, 300, 10'000}[i], 's'));
  }
  const ReplyNode& set = map.children[3];
  REQUIRE(set.type == NodeType::kSet);
  CHECK(set.children[0].integer == -7);
  CHECK(set.children[1].real == 1.5);
  CHECK(set.children[2].type == NodeType::kBoolean);
  CHECK(set.children[2].integer == 1);
}

}  // namespace

TEST_CASE("a tree holds what was written") {
  ReplyTree tree(3);
  write_nested(tree);
  const Finished reply(tree);
  check_nested(reply.node());
}

TEST_CASE("protocol 2 has arrays, integers and strings instead") {
  ReplyTree tree(2);
  write_nested(tree);
  const Finished reply(tree);
  const ReplyNode& map = reply.node();
  CHECK(map.type == NodeType::kArray);
  CHECK(map.size == 4);
  const ReplyNode& set = map.children[3];
  CHECK(set.type == NodeType::kArray);
  CHECK(text_of(set.children[1]) == "1.5");
  CHECK(set.children[2].type == NodeType::kInteger);
}

TEST_CASE("a reply may be freed on another thread than the one that made it") {
  constexpr int kReplies = 1'000;
  std::vector<ReplyRoot*> made;
  for (int i = 0; i < kReplies; ++i) {
    ReplyTree tree(3);
    if (i % 2 == 0) {
      write_nested(tree);
    } else {
      tree.integer(i);
    }
    made.push_back(tree.take());
  }
  std::thread([&] {
    for (int i = 0; i < kReplies; ++i) {
      if (i % 2 == 0) {
        check_nested(*node_of(made[static_cast<size_t>(i)]));
      } else {
        CHECK(node_of(made[static_cast<size_t>(i)])->integer == i);
      }
      free_reply(made[static_cast<size_t>(i)]);
    }
    // What this thread now keeps for later is used by it, and freed when it ends.
    ReplyTree tree(3);
    write_nested(tree);
    const Finished reply(tree);
    check_nested(reply.node());
  }).join();
  ReplyTree tree(2);
  tree.null();
  CHECK(Finished(tree).node().type == NodeType::kNull);
}

TEST_CASE("a big value is shared with the reply, and given back with it") {
  const SharedBytes value = SharedBytes::copy_of(std::string(100'000, 'v'));
  {
    ReplyTree tree(2);
    tree.bulk(value);
    const Finished reply(tree);
    CHECK(reply.node().bytes == value.bytes().data());
    CHECK_FALSE(value.unique());
  }
  CHECK(value.unique());
}

TEST_CASE("a copied tree does not need the one it was copied from") {
  ReplyTree tree(3);
  write_nested(tree);
  ReplyTree copy(3);
  copy.array(1);
  {
    const Finished original(tree);
    copy.copy(original.node());
  }
  const Finished reply(copy);
  REQUIRE(reply.node().size == 1);
  check_nested(reply.node().children[0]);
}

TEST_CASE("replies after the first are handed out by themselves") {
  ReplyTree tree(3);
  tree.integer(1);
  tree.integer(2);
  tree.array(1);
  tree.integer(3);
  const Finished first(tree);
  CHECK(first.node().integer == 1);
  const Finished second(tree);
  CHECK(second.node().integer == 2);
  const Finished third(tree);
  CHECK(third.node().children[0].integer == 3);
  CHECK(tree.take() == nullptr);
}

TEST_CASE("what is not taken from a builder goes with it, finished or not") {
  ReplyTree tree(3);
  tree.integer(1);
  tree.array(3);
  tree.bulk(std::string(5'000, 'x'));
  SUCCEED();  // the sanitizers see what is left
}

TEST_CASE("what an aggregate announced and did not get is null") {
  // Memory that an earlier reply has used, so that what is left over would show.
  {
    ReplyTree earlier(3);
    earlier.array(5);
    for (int i = 0; i < 5; ++i) earlier.bulk("left over");
    const Finished reply(earlier);
  }
  const size_t written = GENERATE(0u, 1u, 2u);
  ReplyTree tree(3);
  tree.array(3);
  for (size_t i = 0; i < written; ++i) tree.integer(static_cast<int64_t>(i));
  tree.map(1);
  const Finished reply(tree);
  REQUIRE(reply.node().size == 3);
  for (size_t i = 0; i < written; ++i) CHECK(reply.node().children[i].type == NodeType::kInteger);
  const ReplyNode& map = reply.node().children[written];
  REQUIRE(map.size == 2);
  CHECK(map.children[0].type == NodeType::kNull);
  CHECK(map.children[1].type == NodeType::kNull);
  for (size_t i = written + 1; i < 3; ++i) {
    CHECK(reply.node().children[i].type == NodeType::kNull);
    CHECK(reply.node().children[i].size == 0);
  }
  CHECK(tree.take() == nullptr);
}

TEST_CASE("a tree may be as deep as it likes") {
  constexpr int kDepth = 40;
  ReplyTree tree(3);
  for (int i = 0; i < kDepth; ++i) {
    tree.array(2);
    tree.integer(i);
  }
  tree.integer(kDepth);
  const Finished reply(tree);
  const ReplyNode* node = &reply.node();
  for (int i = 0; i < kDepth; ++i) {
    REQUIRE(node->size == 2);
    CHECK(node->children[0].integer == i);
    node = &node->children[1];
  }
  CHECK(node->type == NodeType::kInteger);
  CHECK(node->integer == kDepth);
  CHECK(tree.take() == nullptr);
}

TEST_CASE("errors are counted, nested ones too") {
  ReplyTree tree(2);
  tree.array(2);
  tree.error("ERR one");
  tree.error("ERR two");
  CHECK(tree.errors() == 2);
  const Finished reply(tree);
  CHECK(text_of(reply.node().children[0]) == "ERR one");
}
