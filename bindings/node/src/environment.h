// Environment: what one JavaScript environment (the main thread, or one Worker) keeps: the memory
// that its calls work in, the functions of lib/ that make errors and collections, and the handles
// that are open. Environments share nothing; each is used on its own thread only.
#pragma once

#include <kevy.h>
#include <napi.h>

#include <memory>
#include <string_view>
#include <unordered_set>

#include "words.h"

namespace kevy::node {

class Environment;

/// Something of kevy's that must be closed before its environment ends.
class Handle {
 public:
  explicit Handle(Environment& environment);
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  virtual ~Handle();

  /// Closes it; a second call does nothing.
  virtual void release() noexcept = 0;

 private:
  friend class Environment;
  Environment* environment_;  // nullptr once the environment has ended
};

class Environment {
 public:
  static constexpr size_t kScratch = size_t{64} << 10;

  explicit Environment(Napi::Env env);
  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  Napi::Env env() const noexcept { return env_; }
  Words& words() noexcept { return words_; }
  /// kScratch bytes to read a value into.
  char* scratch() noexcept { return scratch_.get(); }

  /// Takes the functions of lib/native.js: replyError(text), statusError(kind, code, text),
  /// map(keysAndValues), set(members).
  void set_factories(const Napi::Object& factories);
  /// Takes the memory that get_into writes to.
  void set_pool(Napi::Uint8Array pool);
  char* pool() const noexcept { return pool_data_; }
  size_t pool_size() const noexcept { return pool_size_; }

  Napi::Value reply_error(std::string_view text) const;
  Napi::Value map(const Napi::Array& keys_and_values) const { return map_.Call({keys_and_values}); }
  Napi::Value set(const Napi::Array& members) const { return set_.Call({members}); }

  /// Throws unless a call succeeded, with what kevy_last_error says.
  void check(kevy_status status) const {
    if (status != KEVY_OK) [[unlikely]] fail(status);
  }
  [[noreturn]] void fail(kevy_status status) const;
  [[noreturn]] void fail(kevy_status status, const char* message) const;

 private:
  friend class Handle;
  void end() noexcept;

  Napi::Env env_;
  Words words_;
  std::unique_ptr<char[]> scratch_;
  Napi::FunctionReference reply_error_;
  Napi::FunctionReference status_error_;
  Napi::FunctionReference map_;
  Napi::FunctionReference set_;
  Napi::Reference<Napi::Uint8Array> pool_;
  char* pool_data_ = nullptr;
  size_t pool_size_ = 0;
  std::unordered_set<Handle*> handles_;
};

}  // namespace kevy::node
