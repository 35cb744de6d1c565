#include "resp/reply_tree.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "base/number.h"

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
  size_t used = 0;  // of the inline bytes
  Chunk* chunks = nullptr;
  char* free_bytes = nullptr;
  size_t free_size = 0;
  std::vector<SharedBytes> blocks;
  ReplyRoot* next_cached = nullptr;
  alignas(8) char inline_bytes[kInlineBytes];

  void* allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (size > kInlineBytes - used) [[unlikely]] return allocate_more(size);
    void* memory = inline_bytes + used;
    used += size;
    return memory;
  }
  void* allocate_more(size_t size);
  /// Whether it has anything but the inline bytes.
  bool used_more() const noexcept { return chunks != nullptr || !blocks.empty(); }
  void clear() noexcept;
};

namespace {

#if defined(KEVY_SANITIZED)
constexpr bool kCacheRoots = false;  // so that a use after free is seen
#else
constexpr bool kCacheRoots = true;
#endif

// A thread's roots to use again. Plain data, so that reaching it costs no check; the guard
// object, made when the first root is kept, frees them when the thread ends.
struct Cache {
  ReplyRoot* first;
  size_t size;
  bool guarded;
  bool closed;
};
__attribute__((tls_model("initial-exec"))) thread_local constinit Cache cache{};

struct CacheGuard {
  bool armed = false;
  ~CacheGuard() {
    cache.closed = true;
    while (cache.first != nullptr) delete std::exchange(cache.first, cache.first->next_cached);
  }
};

void guard_cache() {
  thread_local CacheGuard guard;
  guard.armed = true;
  cache.guarded = true;
}

ReplyRoot* new_root() {
  ReplyRoot* root = cache.first;
  if (root == nullptr) return new ReplyRoot;
  cache.first = root->next_cached;
  --cache.size;
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
  if (!blocks.empty()) std::vector<SharedBytes>().swap(blocks);
}

void free_reply(ReplyRoot* root) noexcept {
  if (root == nullptr) return;
  if (root->used_more()) [[unlikely]] root->clear();
  root->used = 0;
  if (!kCacheRoots || cache.size >= kCachedMax || cache.closed) {
    delete root;
    return;
  }
  if (!cache.guarded) guard_cache();
  root->next_cached = cache.first;
  cache.first = root;
  ++cache.size;
}

const ReplyNode* node_of(const ReplyRoot* root) noexcept { return &root->node; }

ReplyRoot* root_of(ReplyNode* node) noexcept { return reinterpret_cast<ReplyRoot*>(node); }

ReplyRoot* ReplyTree::finish_several() noexcept {
  if (root_ != nullptr) more_.push_back(std::exchange(root_, nullptr));
  return std::exchange(first_, nullptr);
}

void ReplyTree::discard() noexcept {
  free_reply(root_);
  free_reply(first_);
  for (ReplyRoot* root : more_) free_reply(root);
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

inline ReplyNode* ReplyTree::add(NodeType type) {
  if (root_ != nullptr) [[unlikely]] return add_further(type);
  root_ = new_root();
  ReplyNode* node = &root_->node;
  node->type = type;
  node->root = true;
  std::memset(node->format, 0, sizeof node->format);
  node->integer = 0;
  node->size = 0;
  return node;
}

// Into the aggregate that is open, or as a further reply.
ReplyNode* ReplyTree::add_further(NodeType type) {
  if (open_.empty()) {
    if (first_ == nullptr) {
      first_ = root_;
    } else {
      more_.push_back(root_);
    }
    root_ = nullptr;
    return add(type);
  }
  ReplyNode* node = open_.back().next++;
  --open_.back().left;
  node->type = type;
  while (!open_.empty() && open_.back().left == 0) open_.pop_back();
  return node;
}

ReplyNode* ReplyTree::add_bytes(NodeType type, Bytes bytes) {
  ReplyNode* node = add(type);
  char* copy = static_cast<char*>(root_->allocate(bytes.size() + 1));
  copy_bytes(copy, bytes);
  copy[bytes.size()] = '\0';
  node->bytes = copy;
  node->size = bytes.size();
  return node;
}

void ReplyTree::integer(int64_t value) { add(NodeType::kInteger)->integer = value; }

void ReplyTree::null() { add(NodeType::kNull); }

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
  root_->blocks.push_back(block);
  node->bytes = block.bytes().data();
  node->size = block.bytes().size();
}

void ReplyTree::add_aggregate(NodeType type, size_t size) {
  ReplyNode* node = add(type);
  if (size == 0) return;
  auto* children = static_cast<ReplyNode*>(root_->allocate(size * sizeof(ReplyNode)));
  for (size_t i = 0; i < size; ++i) new (&children[i]) ReplyNode;
  node->children = children;
  node->size = size;
  open_.push_back({children, size});
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
