// Reading and freeing replies.
#include "handles.h"

using namespace kevy::capi;
using kevy::NodeType;
using kevy::ReplyNode;

static_assert(static_cast<int>(NodeType::kVerbatim) == KEVY_REPLY_VERBATIM);
static_assert(static_cast<int>(NodeType::kArray) == KEVY_REPLY_ARRAY);
static_assert(static_cast<int>(NodeType::kDouble) == KEVY_REPLY_DOUBLE);

kevy_reply_type kevy_reply_get_type(const kevy_reply* reply) {
  return reply == nullptr ? KEVY_REPLY_NULL : static_cast<kevy_reply_type>(node_of(reply)->type);
}

int64_t kevy_reply_integer(const kevy_reply* reply) {
  if (reply == nullptr) return 0;
  const ReplyNode& node = *node_of(reply);
  const bool has = node.type == NodeType::kInteger || node.type == NodeType::kBoolean;
  return has ? node.integer : 0;
}

double kevy_reply_double(const kevy_reply* reply) {
  return reply != nullptr && node_of(reply)->type == NodeType::kDouble ? node_of(reply)->real : 0;
}

const char* kevy_reply_string(const kevy_reply* reply, size_t* size) {
  const bool has = reply != nullptr && node_of(reply)->has_bytes();
  if (size != nullptr) *size = has ? node_of(reply)->size : 0;
  return has ? node_of(reply)->bytes : "";
}

const char* kevy_reply_format(const kevy_reply* reply) {
  return reply == nullptr ? "" : node_of(reply)->format;
}

size_t kevy_reply_count(const kevy_reply* reply) {
  return reply != nullptr && node_of(reply)->has_children() ? node_of(reply)->size : 0;
}

const kevy_reply* kevy_reply_at(const kevy_reply* reply, size_t index) {
  if (index >= kevy_reply_count(reply)) return nullptr;
  return reinterpret_cast<const kevy_reply*>(&node_of(reply)->children[index]);
}

void kevy_reply_free(kevy_reply* reply) {
  if (reply == nullptr || !node_of(reply)->root) return;
  kevy::free_reply(root_of(reply));
}
