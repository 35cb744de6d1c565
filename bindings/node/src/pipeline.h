// Many commands in one call, for instances and sessions alike.
#pragma once

#include "reply_value.h"

namespace kevy::node {

/// Runs the commands in info[0], an array of all their words one after the other, and info[1], how
/// many words each has; info[2] asks for Buffers. `call` is kevy_pipeline without its handle.
/// Returns an array with one value a command, in which errors are values.
template <typename Call>
Napi::Value run_pipeline(Environment& environment, const Napi::CallbackInfo& info, Call&& call) {
  Words& words = environment.words();
  words.clear();
  words.add_all(info[0].As<Napi::Array>());

  const auto sizes = info[1].As<Napi::Array>();
  std::vector<size_t> argc(sizes.Length());
  size_t total = 0;
  for (uint32_t i = 0; i < argc.size(); ++i) {
    argc[i] = sizes.Get(i).ToNumber().Uint32Value();
    total += argc[i];
  }
  if (total != words.count()) {
    environment.fail(KEVY_INVALID, "the commands' lengths do not add up");
  }
  kevy_reply* reply = nullptr;
  environment.check(call(argc.size(), argc.data(), words.data(), words.sizes(), &reply));
  const ReplyPtr owner(reply);
  const Strings strings = info[2].ToBoolean() ? Strings::kBuffers : Strings::kText;
  return {info.Env(), value_of(environment, reply, strings)};
}

}  // namespace kevy::node
