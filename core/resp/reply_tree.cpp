#include "resp/reply_tree.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/number.h"
#include "base/poison.h"

namespace kevy {

namespace {

constexpr size_t kInlineBytes = 192;
constexpr size_t kChunkBytes = 4096;
constexpr size_t kSharedMin = 512;
constexpr size_t kCachedMax = 64;

struct Chunk {
  Chunk* next;
};

}  // namespace

struct ReplyRoot {
  ReplyNode node;
  ReplyRoot* next = nullptr;  // of the same builder, or of those kept for later
  uint32_t used = 0;          // of the inline bytes
  bool used_more = false;     // chunks, blocks or other trees
  Chunk* chunks = nullptr;
  char* free_bytes = nullptr;
  size_t free_size = 0;
  std::vector<SharedBytes> blocks;
  ReplyRoot* appended = nullptr;  // trees that are part of this one, a list through next
  alignas(8) char inline_bytes[kInlineBytes];

  void* allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (size > kInlineBytes - used) [[unlikely]] return allocate_more(size);
    void* memory = inline_bytes + used;
    used += static_cast<uint32_t>(size);
    return memory;
  }
  void* allocate_more(size_t size);
  void clear() noexcept;
};

namespace {

// A thread's roots to use again. Plain data, so that reaching it costs no check; the guard
// object, made when the first root is kept, frees them when the thread ends.
struct Cache {
  ReplyRoot* first;
  size_t room;   // how many more may be kept
  bool guarded;  // the guard has been made, and may be gone again
};
__attribute__((tls_model("initial-exec"))) thread_local constinit Cache cache{};

struct CacheGuard {
  bool armed = false;
  ~CacheGuard() {
    cache.room = 0;
    while (cache.first != nullptr) delete std::exchange(cache.first, cache.first->next);
  }
};

// What free_reply does where there is no room: at first, when there are many, and at the thread's
// end. Under the sanitizers nothing is kept, so that they see a use after free.
[[gnu::noinline]] void free_root(ReplyRoot* root) {
#if !defined(KEVY_SANITIZED)
  if (!cache.guarded) {
    thread_local CacheGuard guard;
    guard.armed = cache.guarded = true;
    cache.room = kCachedMax;
    free_reply(root);
    return;
  }
#endif
  delete root;
}

ReplyRoot* new_root() {
  ReplyRoot* root = cache.first;
  if (root == nullptr) return new ReplyRoot;
  cache.first = std::exchange(root->next, nullptr);
  ++cache.room;
  return root;
}

}  // namespace

void* ReplyRoot::allocate_more(size_t size) {
  if (size > free_size) {
    const size_t capacity = std::max(size, kChunkBytes);
    auto* chunk = static_cast<Chunk*>(std::malloc(sizeof(Chunk) + capacity));
    if (chunk == nullptr) throw std::bad_alloc();
    chunk->next = chunks;
    chunks = chunk;
    used_more = true;
    free_bytes = reinterpret_cast<char*>(chunk + 1);
    free_size = capacity;
  }
  void* memory = free_bytes;
  free_bytes += size;
  free_size -= size;
  return memory;
}

void ReplyRoot::clear() noexcept {
  while (chunks != nullptr) std::free(std::exchange(chunks, chunks->next));
  free_size = 0;
  std::vector<SharedBytes>().swap(blocks);
  while (appended != nullptr) {
    ReplyRoot* const following = std::exchange(appended->next, nullptr);
    free_reply(std::exchange(appended, following));
  }
  used_more = false;
}

void free_reply(ReplyRoot* root) noexcept {
  if (root == nullptr) return;
  if (root->used_more) [[unlikely]] root->clear();
  root->used = 0;
  if (cache.room == 0) [[unlikely]] {
    free_root(root);
    return;
  }
  root->next = cache.first;
  cache.first = root;
  --cache.room;
}

const ReplyNode* node_of(const ReplyRoot* root) noexcept { return &root->node; }

ReplyRoot* root_of(ReplyNode* node) noexcept { return reinterpret_cast<ReplyRoot*>(node); }

ReplyRoot* ReplyTree::take_first() noexcept {
  ReplyRoot* const taken = first_;
  first_ = std::exchange(taken->next, nullptr);
  return taken;
}

ReplyTree::ReplyTree(int protocol) : spare_(new_root()) { protocol_ = protocol; }

void ReplyTree::discard() noexcept {
  free_reply(std::exchange(spare_, nullptr));
  while (ReplyRoot* root = take()) free_reply(root);
}

// A place in the tree: how many aggregates are open, where the innermost one stands, the last root.
Reply::Place ReplyTree::place() const noexcept {
  if (depth_ == 0) return {0, {nullptr, nullptr, last_}};
  const Open& open = innermost();
  return {depth_, {open.next, open.end, last_}};
}

void ReplyTree::go_back(const Place& place) noexcept {
  auto* const last = static_cast<ReplyRoot*>(place.at[2]);
  ReplyRoot* gone = std::exchange(last == nullptr ? first_ : last->next, nullptr);
  while (gone != nullptr) free_reply(std::exchange(gone, std::exchange(gone->next, nullptr)));
  last_ = last;
  depth_ = place.size;
  if (depth_ != 0) {
    innermost() = {static_cast<ReplyNode*>(place.at[0]), static_cast<ReplyNode*>(place.at[1])};
  }
}

FinishedReplies ReplyTree::take_rest() noexcept {
  KEVY_DCHECK(depth_ == 0);
  last_ = nullptr;
  return FinishedReplies(std::exchange(first_, nullptr));
}

FinishedReplies::~FinishedReplies() {
  while (ReplyRoot* root = take()) free_reply(root);
}

ReplyRoot* FinishedReplies::take() noexcept {
  return first_ == nullptr ? nullptr : std::exchange(first_, std::exchange(first_->next, nullptr));
}

void ReplyTree::take_over(Reply& aside) noexcept {
  KEVY_DCHECK(first_ == nullptr);
  first_ = last_ = static_cast<ReplyTree&>(aside).take();
}

void ReplyTree::append(ReplyRoot* root) noexcept {
  KEVY_DCHECK(depth_ != 0);
  const Mark before = mark();
  try {
    copy(root->node);
    free_reply(root);
  } catch (const std::bad_alloc&) {
    take_back(before);
    ReplyNode* const node = new (next_node()) ReplyNode(root->node);
    node->root = false;
    root->next = std::exchange(last_->appended, root);
    last_->used_more = true;
  }
}

void ReplyTree::copy(const ReplyNode& node) {
  if (node.has_children()) {
    add_aggregate(node.type, node.size);
    for (size_t i = 0; i < node.size; ++i) copy(node.children[i]);
  } else if (node.has_bytes()) {
    std::memcpy(add_bytes(node.type, {node.bytes, node.size})->format, node.format,
                sizeof node.format);
  } else {
    add(node.type)->integer = node.integer;
  }
}

// Where the next node lies: in the aggregate that is open, or at the root of a further reply.
inline ReplyNode* ReplyTree::next_node() {
  if (depth_ != 0) {
    Open& open = innermost();
    ReplyNode* const node = open.next++;
    if (open.next == open.end) --depth_;
    unpoison(node, sizeof *node);
    return node;
  }
  ReplyRoot* const root = spare_ != nullptr ? std::exchange(spare_, nullptr) : new_root();
  (last_ == nullptr ? first_ : last_->next) = root;
  last_ = root;
  return &root->node;
}

inline ReplyNode* ReplyTree::add(NodeType type) {
  const bool root = depth_ == 0;
  ReplyNode* const node = new (next_node()) ReplyNode;
  node->type = type;
  node->root = root;
  return node;
}

ReplyNode* ReplyTree::add_bytes(NodeType type, Bytes bytes) {
  ReplyNode* node = add(type);
  char* copy = static_cast<char*>(last_->allocate(bytes.size() + 1));
  copy_bytes(copy, bytes);
  copy[bytes.size()] = '\0';
  node->bytes = copy;
  node->size = bytes.size();
  return node;
}

void ReplyTree::integer(int64_t value) { add(NodeType::kInteger)->integer = value; }

// A text that outlives every reply is not copied.
void ReplyTree::add_constant(NodeType type, Bytes text) {
  ReplyNode* node = add(type);
  node->bytes = text.data();
  node->size = text.size();
}

void ReplyTree::ok() { add_constant(NodeType::kStatus, "OK"); }

void ReplyTree::null() { add(NodeType::kNull); }  // no allocation inside an aggregate

void ReplyTree::boolean(bool value) {
  add(protocol_ == 2 ? NodeType::kInteger : NodeType::kBoolean)->integer = value ? 1 : 0;
}

void ReplyTree::bulk(Bytes bytes) { add_bytes(NodeType::kString, bytes); }

void ReplyTree::bulk(const SharedBytes& block) {
  if (block.bytes().size() < kSharedMin) {
    bulk(block.bytes());
    return;
  }
  ReplyNode* node = add(NodeType::kString);
  last_->used_more = true;
  last_->blocks.push_back(block);
  node->bytes = block.bytes().data();
  node->size = block.bytes().size();
}

void ReplyTree::add_aggregate(NodeType type, size_t size) {
  ReplyNode* node = add(type);
  if (size == 0) return;
  auto* children = static_cast<ReplyNode*>(last_->allocate(size * sizeof(ReplyNode)));
  open_aggregate({children, children + size});
  poison(children, size * sizeof(ReplyNode));
  node->children = children;
  node->size = size;
}

void ReplyTree::open_aggregate(Open children) {
  if (depth_ < kDepthFew) {
    open_[depth_] = children;
  } else {
    deeper_.resize(depth_ - kDepthFew);
    deeper_.push_back(children);
  }
  ++depth_;
}

void ReplyTree::close_aggregates() noexcept {
  while (depth_ != 0) null();
}

void ReplyTree::real(double value) {
  if (protocol_ == 2) {
    bulk(format_double(value));
  } else {
    add(NodeType::kDouble)->real = value;
  }
}

void ReplyTree::verbatim(Bytes format, Bytes text) {
  if (protocol_ == 2) {
    bulk(text);
    return;
  }
  ReplyNode* node = add_bytes(NodeType::kVerbatim, text);
  std::memcpy(node->format, format.data(), std::min<size_t>(format.size(), 3));
}

}  // namespace kevy
