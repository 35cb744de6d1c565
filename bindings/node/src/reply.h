// A reply of the C ABI, owned.
#pragma once

#include <kevy.h>

#include <memory>
#include <string_view>

namespace kevy::node {

struct ReplyFree {
  void operator()(kevy_reply* reply) const noexcept { kevy_reply_free(reply); }
};
using ReplyPtr = std::unique_ptr<kevy_reply, ReplyFree>;

inline std::string_view bytes_in(const kevy_reply* reply) {
  size_t size = 0;
  const char* data = kevy_reply_string(reply, &size);
  return {data, size};
}

}  // namespace kevy::node
