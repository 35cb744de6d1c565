// Why a call of JavaScript's is not done. It leaves C++ through the Tape, and becomes an error in
// lib/, so that it is of the classes that the caller knows.
#pragma once

#include <kevy.h>
#include <node_api.h>

#include <string>
#include <utility>

namespace kevy::node {

struct Failure {
  // What lib/errors.js makes of it; anything above is a kevy_status.
  static constexpr int kReply = 0;
  static constexpr int kTypeError = -1;
  static constexpr int kRangeError = -2;

  int code;
  std::string message;
};

constexpr const char* kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";

[[noreturn]] inline void refuse(std::string message) {
  throw Failure{Failure::kTypeError, std::move(message)};
}

/// Throws for a call of the C ABI that failed, with what kevy_last_error says unless given.
[[noreturn]] void fail(kevy_status status, const char* message = nullptr);

inline void check(kevy_status status) {
  if (status != KEVY_OK) [[unlikely]]
    fail(status);
}

/// JavaScript threw, or may run no more: what waits to be thrown is left as it is.
struct Pending {};

inline void check(napi_status status) {
  if (status != napi_ok) [[unlikely]]
    throw Pending{};
}

}  // namespace kevy::node
