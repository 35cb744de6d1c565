// Environment: what one JavaScript environment (the main thread, or one Worker) keeps: the memory
// that its calls work in, the tape that takes results to lib/, and the handles that are open. It
// holds nothing of any copy of lib/ that is loaded over it. Environments share nothing; each is
// used on its own thread only.
#pragma once

#include <kevy.h>
#include <napi.h>

#include <memory>
#include <unordered_set>

#include "tape.h"
#include "watchers.h"
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
  Tape& tape() noexcept { return tape_; }
  /// kScratch bytes to read a value into.
  char* scratch() noexcept { return scratch_.get(); }

  Watchers& watchers() noexcept { return watchers_; }

 private:
  friend class Handle;
  void end() noexcept;

  Napi::Env env_;
  Words words_;
  Tape tape_;
  std::unique_ptr<char[]> scratch_;
  Watchers watchers_;
  std::unordered_set<Handle*> handles_;
};

/// The body of a call of JavaScript's: what it refuses is told through the tape.
template <typename Body>
napi_value guarded(Environment& environment, Body&& body) noexcept {
  const Napi::Env env = environment.env();
  try {
    try {
      return body();
    } catch (const Failure& failure) {
      return environment.tape().of_failure(failure);
    } catch (const std::bad_alloc&) {
      return environment.tape().of_failure({KEVY_NO_MEMORY, "out of memory"});
    }
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const Pending&) {
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "KEVY_NO_MEMORY", "out of memory");
  }
  return nullptr;
}

/// A class of the addon's: its native half, and the handle that it closes.
template <typename T>
class Wrapped : public Napi::ObjectWrap<T>, public Handle {
 public:
  explicit Wrapped(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<T>(info),
        Handle(Environment::of(info.Env())),
        environment_of_(Environment::of(info.Env())) {}

 protected:
  /// A method, for the definition of the class. V8 calls it on objects of this class alone.
  template <napi_value (T::*kMethod)(const Napi::CallbackInfo&)>
  static Napi::ClassPropertyDescriptor<T> method(const char* name) {
    napi_property_descriptor descriptor{};
    descriptor.utf8name = name;
    descriptor.method = call<kMethod>;
    descriptor.attributes = napi_default_method;
    return Napi::ClassPropertyDescriptor<T>(descriptor);
  }

  Environment& environment() const noexcept { return environment_of_; }

 private:
  template <napi_value (T::*kMethod)(const Napi::CallbackInfo&)>
  static napi_value call(napi_env env, napi_callback_info raw) noexcept {
    return guarded(Environment::of(env), [&]() -> napi_value {
      const Napi::CallbackInfo info(env, raw);
      void* self = nullptr;
      if (napi_unwrap(env, info.This(), &self) != napi_ok) refuse("not called on one of its class");
      return (static_cast<T*>(self)->*kMethod)(info);
    });
  }

  Environment& environment_of_;
};

}  // namespace kevy::node
