// ReplyTree: builds the reply that the C ABI hands out: a tree of nodes that is read by accessors
// and freed as one. Scalars and short strings take no allocation: a root comes from a small list
// kept by each thread, and has room inside.
//
// A builder has its first root from the beginning, so a short reply to a command that has run finds its
// memory.
//
// A finished tree is immutable and belongs to whoever holds its root; any thread may free it. It has
// no node that was not written: what an aggregate announced and did not get is null. While a tree is
// built, nodes that are not yet written can not be read in builds with AddressSanitizer.
#pragma once

#include <array>
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

/// Finished trees in the order of their writing. Owns those that are not taken.
class FinishedReplies {
 public:
  FinishedReplies() = default;
  explicit FinishedReplies(ReplyRoot* first) noexcept : first_(first) {}
  FinishedReplies(FinishedReplies&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
  FinishedReplies& operator=(FinishedReplies&& other) noexcept {
    std::swap(first_, other.first_);
    return *this;
  }
  ~FinishedReplies();

  bool empty() const noexcept { return first_ == nullptr; }
  /// The next one, or nullptr.
  ReplyRoot* take() noexcept;

 private:
  ReplyRoot* first_ = nullptr;
};

/// Write replies as any Reply, then take them. What is not taken is freed with the builder.
class ReplyTree final : public Reply {
 public:
  /// Throws std::bad_alloc.
  explicit ReplyTree(int protocol);
  ~ReplyTree() override {
    if (first_ != nullptr || spare_ != nullptr) [[unlikely]] discard();
  }

  /// The next reply's root, whose first member is its node; nullptr when there is none. A command
  /// has one reply, but for the likes of SUBSCRIBE a b.
  ReplyRoot* take() noexcept {
    if (depth_ != 0) [[unlikely]] close_aggregates();
    if (first_ == last_) [[likely]] {
      last_ = nullptr;
      return std::exchange(first_, nullptr);
    }
    return take_first();
  }
  /// Whether there is nothing to take.
  bool empty() const noexcept { return first_ == nullptr; }
  /// Takes all that are left.
  FinishedReplies take_rest() noexcept;
  /// Writes a copy of a finished tree.
  void copy(const ReplyNode& node);
  /// Writes a finished tree into the aggregate that is open, and owns it from now on: where there is no
  /// memory for a copy, it is kept as it is.
  void append(ReplyRoot* root) noexcept;

  void integer(int64_t value) override;
  void bulk(Bytes bytes) override;
  void bulk(const SharedBytes& block) override;
  void status(Bytes text) override { add_bytes(NodeType::kStatus, text); }
  void ok() override;
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
  std::unique_ptr<Reply> aside() const override {
    return std::make_unique<ReplyTree>(protocol_);
  }
  void take_over(Reply& aside) noexcept override;

 protected:
  void write_error(Bytes text) override { add_bytes(NodeType::kError, text); }
  void write_no_memory() override { add_constant(NodeType::kError, kNoMemory); }
  Place place() const noexcept override;
  void go_back(const Place& place) noexcept override;

 private:
  // The children of an aggregate that are yet to be written: at least one.
  struct Open {
    ReplyNode* next;
    ReplyNode* end;
  };
  static constexpr size_t kDepthFew = 6;  // few replies are deeper

  ReplyNode* add(NodeType type);
  ReplyNode* next_node();
  void add_constant(NodeType type, Bytes text);
  Open& innermost() noexcept {
    return depth_ <= kDepthFew ? open_[depth_ - 1] : deeper_[depth_ - 1 - kDepthFew];
  }
  const Open& innermost() const noexcept { return const_cast<ReplyTree*>(this)->innermost(); }
  void open_aggregate(Open children);
  void close_aggregates() noexcept;
  ReplyRoot* take_first() noexcept;
  void discard() noexcept;
  ReplyNode* add_bytes(NodeType type, Bytes bytes);
  void add_aggregate(NodeType type, size_t size);

  ReplyRoot* spare_;  // for the first reply, until that is written
  ReplyRoot* first_ = nullptr;
  ReplyRoot* last_ = nullptr;  // the one being written
  // The aggregates of last_ that are being written, from the outermost to the innermost.
  size_t depth_ = 0;
  std::array<Open, kDepthFew> open_;
  std::vector<Open> deeper_;
};

/// The node of a root.
const ReplyNode* node_of(const ReplyRoot* root) noexcept;
ReplyRoot* root_of(ReplyNode* node) noexcept;

}  // namespace kevy
