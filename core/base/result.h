// Result<T>: a value, or an Error that says why there is none. For operating errors (files,
// sockets, configuration); a client's error is a reply, a programmer's error is KEVY_CHECK.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace kevy {

struct Error {
  enum class Kind { kInvalid, kSystem, kState, kNoMemory };
  Kind kind;
  std::string message;  // one sentence for a human: what failed and what to do
  int code = 0;         // errno's, where the system gave one
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  T& value() {
    KEVY_CHECK(ok());
    return std::get<0>(state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return const_cast<Result*>(this)->value(); }
  T* operator->() { return &value(); }
  const Error& error() const {
    KEVY_CHECK(!ok());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace kevy
