// From replies to JavaScript values: null, strings, numbers (bigints beyond 2^53), booleans,
// arrays, Maps, Sets; errors inside an aggregate become KevyError objects in their place.
#pragma once

#include <memory>

#include "environment.h"

namespace kevy::node {

struct ReplyFree {
  void operator()(kevy_reply* reply) const noexcept { kevy_reply_free(reply); }
};
using ReplyPtr = std::unique_ptr<kevy_reply, ReplyFree>;

/// What strings become. A status (OK, PONG) is text in either.
enum class Strings : bool { kText, kBuffers };

/// The value of a whole reply. Throws a reply that is an error.
napi_value value_of(Environment& environment, const kevy_reply* reply, Strings strings);

/// The value of a part of a reply, where errors are values.
napi_value part_value_of(Environment& environment, const kevy_reply* reply, Strings strings);

/// Bytes as a JavaScript string; what is not UTF-8 becomes U+FFFD.
napi_value text_of(napi_env env, std::string_view bytes);

}  // namespace kevy::node
