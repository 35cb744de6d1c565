// ReplyTree: builds the reply that the C ABI hands out: a tree of nodes that is read by accessors
// and freed as one. Scalars and short strings take no allocation: a root comes from a small list
// kept by each thread, and has room inside.
//
// A finished tree is immutable and belongs to whoever holds its root; any thread may free it.
#pragma once

#include <utility>
#include <vector>

#include "resp/reply.h"

namespace kevy {

enum class NodeType : uint8_t {
  kNull,
  kStatus,
  kError,
  kInteger,
  kString,
  kArray,
  kMap,
  kSet,
  kPush,
  kDouble,
  kBoolean,
  kVerbatim,
};

struct ReplyNode {
  NodeType type = NodeType::kNull;
  bool root = false;
  char format[4] = {};
  union {
    int64_t integer;
    double real;
    const char* bytes;
    ReplyNode* children;
  };
  size_t size = 0;  // of bytes, or how many children

  ReplyNode() noexcept : integer(0) {}
  bool has_bytes() const noexcept {
    return type == NodeType::kStatus || type == NodeType::kError || type == NodeType::kString ||
           type == NodeType::kVerbatim;
  }
  bool has_children() const noexcept {
    return type >= NodeType::kArray && type <= NodeType::kPush;
  }
};

struct ReplyRoot;
/// Frees a tree. Accepts nullptr.
void free_reply(ReplyRoot* root) noexcept;

/// Write one reply as any Reply, then take it with finish(). What is not taken is freed with the
/// builder.
class ReplyTree final : public Reply {
 public:
  explicit ReplyTree(int protocol) { protocol_ = protocol; }
  ~ReplyTree() override {
    if (root_ != nullptr || first_ != nullptr) [[unlikely]] discard();
  }

  /// The reply's root, whose first member is its node; nullptr when nothing was written.
  ReplyRoot* finish() noexcept {
    if (first_ == nullptr) [[likely]] return std::exchange(root_, nullptr);
    return finish_several();
  }
  bool started() const noexcept { return root_ != nullptr; }
  /// The replies after the first, of a command that has several (SUBSCRIBE a b).
  std::vector<ReplyRoot*> take_more() noexcept { return std::exchange(more_, {}); }
  /// Writes a copy of a finished tree.
  void copy(const ReplyNode& node);

  void integer(int64_t value) override;
  void bulk(Bytes bytes) override;
  void bulk(const SharedBytes& block) override;
  void status(Bytes text) override { add_bytes(NodeType::kStatus, text); }
  void null() override;
  void null_array() override { null(); }
  void array(size_t size) override { add_aggregate(NodeType::kArray, size); }
  void map(size_t pairs) override {
    add_aggregate(protocol_ == 2 ? NodeType::kArray : NodeType::kMap, pairs * 2);
  }
  void set(size_t size) override {
    add_aggregate(protocol_ == 2 ? NodeType::kArray : NodeType::kSet, size);
  }
  void push(size_t size) override {
    add_aggregate(protocol_ == 2 ? NodeType::kArray : NodeType::kPush, size);
  }
  void real(double value) override;
  void boolean(bool value) override;
  void verbatim(Bytes format, Bytes text) override;

 protected:
  void write_error(Bytes text) override { add_bytes(NodeType::kError, text); }

 private:
  struct Open {
    ReplyNode* next;
    size_t left;
  };

  ReplyNode* add(NodeType type);
  ReplyNode* add_further(NodeType type);
  ReplyRoot* finish_several() noexcept;
  void discard() noexcept;
  ReplyNode* add_bytes(NodeType type, Bytes bytes);
  void add_aggregate(NodeType type, size_t size);

  ReplyRoot* root_ = nullptr;   // the reply being written
  ReplyRoot* first_ = nullptr;  // once there are several, the first
  std::vector<ReplyRoot*> more_;
  std::vector<Open> open_;
};

/// The node of a root.
const ReplyNode* node_of(const ReplyRoot* root) noexcept;
ReplyRoot* root_of(ReplyNode* node) noexcept;

}  // namespace kevy
