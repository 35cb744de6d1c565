// The objects behind the Python classes InstanceHandle, SessionHandle and SubscriptionHandle: a
// handle of the C ABI each, closed at the latest when the object goes. All of it is used with the
// GIL held. Methods that return PyObject* give a new reference, or nullptr with a Python error set.
#pragma once

#include <Python.h>
#include <kevy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

#include "calls.h"
#include "verbs.h"
#include "words.h"

namespace kevy::python {

/// The most bytes a call may move with the GIL held.
constexpr size_t kShortBytes = 64 * 1024;
constexpr size_t kShortWords = 64;

/// The pace of a whole command: of its verb, unless it is big.
inline Pace pace_of(const Words& words) noexcept {
  if (words.count() > kShortWords || words.total_size() > kShortBytes) return Pace::kLong;
  return pace_of(std::string_view(words.data()[0], words.sizes()[0]));
}

/// Throws the Python error of a status that is not KEVY_OK.
void throw_unless_ok(kevy_status status);

struct InstanceHandle {
  struct Options {
    uint32_t shards, databases, protocol, threads;
    std::vector<std::string> directives;  // names and values in turn
    bool decode;
    std::vector<std::string> listen;
    pybind11::object progress;  // a function, or None
  };
  /// Throws pybind11's error_already_set.
  explicit InstanceHandle(const Options& options);
  InstanceHandle(const InstanceHandle&) = delete;
  InstanceHandle& operator=(const InstanceHandle&) = delete;
  ~InstanceHandle() { stop(); }

  /// KEVY_SYSTEM: its keys could not be saved.
  kevy_status stop();
  void stop_or_throw();

  /// `self` is the Python object: its _execute_in_session() runs a command that may wait.
  PyObject* execute(PyObject* self, const Words& words, PyObject* const* args);
  PyObject* get(const Words& key);
  PyObject* set(const Words& key_and_value, int64_t ttl_ms);

  /// Runs `call` on the instance: with the GIL kept when it is short and nobody may be in its way.
  /// `call` has a copy of the handle from before: stop() empties the member at once, then waits.
  template <typename Call>
  kevy_status run(Pace pace, Call&& call) {
    if (pace == Pace::kShort && !contention->is_possible()) return call();
    return run_long(calls, *contention, static_cast<Call&&>(call));
  }

  /// The handle; the error of a stopped instance is thrown when there is none.
  kevy_instance* open_handle() const;

  kevy_instance* handle = nullptr;  // nullptr once stopped
  const bool decode;
  const std::shared_ptr<Contention> contention = std::make_shared<Contention>();
  Calls calls;

 private:
  PyObject* get_big(const Words& key, size_t size);
};

struct SessionHandle {
  explicit SessionHandle(InstanceHandle& instance);
  SessionHandle(const SessionHandle&) = delete;
  SessionHandle& operator=(const SessionHandle&) = delete;
  ~SessionHandle();

  /// `self` is the Python object, whose methods wait for the reply of a command that has to.
  PyObject* execute(PyObject* self, const Words& words);
  /// Gives a command that may wait: a tuple of its reply, or None while it waits.
  PyObject* submit(const Words& words);
  /// The same of the command that waits, after up to so many milliseconds; below 0: for ever. It is
  /// given again until it is forgotten, at the latest by the next command, since Ctrl-C may come
  /// before Python has it in hand.
  PyObject* result(int64_t timeout_ms);
  void forget_outcome() { Py_CLEAR(outcome_); }
  /// Ends the wait of a command, also while another thread is in it; whether there was one.
  bool cancel();
  /// False with a Python error set when it is closed, or in use by another thread.
  bool is_usable() const;
  /// Throws pybind11's error_already_set while another thread uses it.
  void close();

  template <typename Call>
  kevy_status run(Pace pace, Call&& call) {
    if (pace == Pace::kWaiting) return run_released(calls, static_cast<Call&&>(call));
    if (pace == Pace::kShort && !contention->is_possible()) return call();
    return run_long(calls, *contention, static_cast<Call&&>(call));
  }

  kevy_session* handle = nullptr;  // nullptr once closed
  const bool decode;
  const std::shared_ptr<Contention> contention;
  Calls calls;

 private:
  kevy_status submit_released(const Words& words, kevy_reply** reply);
  PyObject* wait_for_reply(PyObject* self);
  Calls cancels_;
  bool waits_ = false;  // a command that was submitted
  PyObject* outcome_ = nullptr;
};

struct SubscriptionHandle {
  SubscriptionHandle(InstanceHandle& instance, int kind, const Words& channels);
  SubscriptionHandle(const SubscriptionHandle&) = delete;
  SubscriptionHandle& operator=(const SubscriptionHandle&) = delete;
  ~SubscriptionHandle() { close(); }

  bool is_usable() const;
  /// Leaves the channels: what was published before can still be taken. Any thread.
  void cancel();
  /// A thread that waits for a message is woken first.
  void close();

  kevy_subscription* handle = nullptr;  // nullptr once closed
  const bool decode;
  Calls calls;
};

}  // namespace kevy::python
