#include "handles.h"

#include <pthread.h>
#include <pybind11/pybind11.h>

#include <atomic>
#include <utility>

#include "replies.h"
#include "told.h"

namespace kevy::python {

namespace {

std::atomic<uint32_t> forks{0};
[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });

void throw_unless(bool fine) {
  if (!fine) throw pybind11::error_already_set();
}

bool is_idle(const Calls& calls) {
  return !calls.any() || raise_status(KEVY_INVALID, "another thread is using it") != nullptr;
}

std::vector<const char*> texts_of(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  texts.reserve(words.size());
  for (const std::string& word : words) texts.push_back(word.c_str());
  return texts;
}

PyObject* execute_in_session(PyObject* self, PyObject* const* args, size_t count) {
  static PyObject* const name = PyUnicode_InternFromString("_execute_in_session");
  std::vector<PyObject*> all{self};
  all.insert(all.end(), args, args + count);
  return PyObject_VectorcallMethod(name, all.data(), all.size(), nullptr);
}

/// A tuple of the reply, which it frees; an error reply is raised.
PyObject* outcome_of(kevy_reply* reply, bool decode) {
  PyObject* const object = take_reply(reply, decode);
  return object == nullptr ? nullptr : Py_BuildValue("(N)", object);
}

/// What Session._end_after gives for the error that is set, which is fetched.
PyObject* end_after_what_was_raised(PyObject* session) {
  static PyObject* const end = PyUnicode_InternFromString("_end_after");
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  PyErr_NormalizeException(&type, &error, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(error, traceback);
  PyObject* const instead = PyObject_CallMethodOneArg(session, end, error);
  Py_DECREF(type);
  Py_DECREF(error);
  Py_XDECREF(traceback);
  return instead;
}

}  // namespace

void throw_unless_ok(kevy_status status) {
  throw_unless(status == KEVY_OK || raise_status(status) != nullptr);
}

uint32_t fork_generation() noexcept { return forks.load(std::memory_order_relaxed); }

// ---- InstanceHandle ----------------------------------------------------------------------------

InstanceHandle::InstanceHandle(const Options& options) : decode(options.decode) {
  const auto directives = texts_of(options.directives), listen = texts_of(options.listen);
  contention->listening = !listen.empty();
  Told told(options.progress);
  kevy_options wanted = KEVY_OPTIONS_INIT;
  wanted.shards = options.shards;
  wanted.databases = options.databases;
  wanted.protocol = options.protocol;
  wanted.threads = options.threads;
  wanted.directives = directives.data();
  wanted.directive_count = directives.size() / 2;
  wanted.progress = told.callback();
  wanted.progress_user = &told;
  wanted.listen = listen.data();
  wanted.listen_count = listen.size();
  const kevy_status status = run_released(calls, [&] { return kevy_start(&wanted, &handle); });
  told.raise_what_was_raised();
  throw_unless_ok(status);
}

kevy_status InstanceHandle::stop() {
  kevy_instance* stopping = std::exchange(handle, nullptr);
  if (stopping == nullptr) return KEVY_OK;
  calls.drain();
  const GilRelease released;
  return kevy_stop(stopping);
}

void InstanceHandle::stop_or_throw() { throw_unless_ok(stop()); }

PyObject* InstanceHandle::execute(PyObject* self, const Words& words, PyObject* const* args) {
  kevy_instance* const running = handle;
  if (running == nullptr) return raise_closed();
  const Pace pace = pace_of(words);
  if (pace == Pace::kWaiting) return execute_in_session(self, args, words.count());
  kevy_reply* reply = nullptr;
  const kevy_status status = run(
      pace, [&] { return kevy_exec(running, words.count(), words.data(), words.sizes(), &reply); });
  return status == KEVY_OK ? take_reply(reply, decode) : raise_status(status);
}

PyObject* InstanceHandle::get(const Words& key) {
  kevy_instance* const running = handle;
  if (running == nullptr) return raise_closed();
  char buffer[2048];
  size_t size = 0;
  const kevy_status status = run(Pace::kShort, [&] {
    return kevy_get(running, key.data()[0], key.sizes()[0], buffer, sizeof buffer, &size);
  });
  if (status == KEVY_OK) return text_object(buffer, size, decode);
  if (status == KEVY_NOT_FOUND) Py_RETURN_NONE;
  return status == KEVY_TRUNCATED ? get_big(key, size) : raise_status(status);
}

PyObject* InstanceHandle::get_big(const Words& key, size_t size) {
  kevy_instance* const running = handle;
  if (running == nullptr) return raise_closed();  // it was stopped since its size was read
  const char* words[] = {"GET", key.data()[0]};
  const size_t sizes[] = {3, key.sizes()[0]};
  kevy_reply* reply = nullptr;
  const kevy_status status = run(size > kShortBytes ? Pace::kLong : Pace::kShort,
                                 [&] { return kevy_exec(running, 2, words, sizes, &reply); });
  return status == KEVY_OK ? take_reply(reply, decode) : raise_status(status);
}

PyObject* InstanceHandle::set(const Words& pair, int64_t ttl_ms) {
  kevy_instance* const running = handle;
  if (running == nullptr) return raise_closed();
  const kevy_status status = run(pair.total_size() > kShortBytes ? Pace::kLong : Pace::kShort, [&] {
    return kevy_set(running, pair.data()[0], pair.sizes()[0], pair.data()[1], pair.sizes()[1], 0,
                    ttl_ms);
  });
  if (status != KEVY_OK) return raise_status(status);
  Py_RETURN_TRUE;
}

// ---- SessionHandle -----------------------------------------------------------------------------

kevy_instance* InstanceHandle::open_handle() const {
  throw_unless(handle != nullptr || raise_closed() != nullptr);
  return handle;
}

SessionHandle::SessionHandle(InstanceHandle& instance)
    : decode(instance.decode), contention(instance.contention) {
  throw_unless_ok(kevy_session_open(instance.open_handle(), nullptr, &handle));
}

SessionHandle::~SessionHandle() {
  forget_outcome();
  cancels_.drain();
  const GilRelease released;
  kevy_session_close(handle);
}

bool SessionHandle::is_usable() const {
  return is_idle(calls) && (handle != nullptr || raise_closed() != nullptr);
}

void SessionHandle::close() {
  throw_unless(is_idle(calls));
  kevy_session* closing = std::exchange(handle, nullptr);
  cancels_.drain();
  const GilRelease released;
  kevy_session_close(closing);
}

PyObject* SessionHandle::execute(PyObject* self, const Words& words) {
  if (!is_usable()) return nullptr;
  const Pace pace = pace_of(words);
  kevy_reply* reply = nullptr;
  kevy_status status;
  if (pace == Pace::kWaiting) {
    status = submit_released(words, &reply);
    if (status == KEVY_PENDING) return wait_for_reply(self);
  } else {
    forget_outcome();
    status = run(pace, [&] {
      return kevy_session_exec(handle, words.count(), words.data(), words.sizes(), &reply);
    });
  }
  return status == KEVY_OK ? take_reply(reply, decode) : raise_status(status);
}

PyObject* SessionHandle::wait_for_reply(PyObject* self) {
  static PyObject* const wait = PyUnicode_InternFromString("_wait_for_reply");
  PyObject* reply = PyObject_CallMethodNoArgs(self, wait);
  if (reply == nullptr) reply = end_after_what_was_raised(self);
  // Ctrl-C may come again and again before what ends the wait has begun.
  while (reply == nullptr && waits_ && handle != nullptr &&
         PyErr_ExceptionMatches(PyExc_KeyboardInterrupt) != 0) {
    reply = end_after_what_was_raised(self);
  }
  return reply;
}

kevy_status SessionHandle::submit_released(const Words& words, kevy_reply** reply) {
  forget_outcome();
  const kevy_status status = run_released(calls, [&] {
    return kevy_session_submit(handle, words.count(), words.data(), words.sizes(), nullptr, nullptr,
                               reply);
  });
  if (status == KEVY_PENDING) waits_ = true;
  return status;
}

PyObject* SessionHandle::submit(const Words& words) {
  if (!is_usable()) return nullptr;
  kevy_reply* reply = nullptr;
  const kevy_status status = submit_released(words, &reply);
  if (status == KEVY_PENDING) Py_RETURN_NONE;
  return status == KEVY_OK ? outcome_of(reply, decode) : raise_status(status);
}

PyObject* SessionHandle::result(int64_t timeout_ms) {
  if (!is_usable()) return nullptr;
  if (outcome_ != nullptr) {
    Py_INCREF(outcome_);
    return outcome_;
  }
  kevy_reply* reply = nullptr;
  const auto call = [&] { return kevy_session_result(handle, timeout_ms, &reply); };
  const kevy_status status = timeout_ms == 0 ? call() : run_released(calls, call);
  if (status == KEVY_TIMEOUT) Py_RETURN_NONE;
  waits_ = false;
  if (status != KEVY_OK) return raise_status(status);
  outcome_ = outcome_of(reply, decode);
  Py_XINCREF(outcome_);
  return outcome_;
}

bool SessionHandle::cancel() {
  if (handle == nullptr) return false;
  kevy_session* const waiting = handle;
  return run_released(cancels_, [&] { return kevy_session_cancel(waiting); }) == KEVY_OK;
}

// ---- SubscriptionHandle ------------------------------------------------------------------------

SubscriptionHandle::SubscriptionHandle(InstanceHandle& instance, int kind, const Words& channels)
    : decode(instance.decode) {
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.kind = static_cast<kevy_subscription_kind>(kind);
  throw_unless_ok(kevy_subscribe(instance.open_handle(), channels.count(), channels.data(),
                                 channels.sizes(), &options, &handle));
}

bool SubscriptionHandle::is_usable() const {
  return is_idle(calls) && (handle != nullptr || raise_closed() != nullptr);
}

void SubscriptionHandle::cancel() {
  if (handle != nullptr) kevy_subscription_cancel(handle);
}

void SubscriptionHandle::close() {
  kevy_subscription* closing = std::exchange(handle, nullptr);
  if (closing == nullptr) return;
  kevy_subscription_cancel(closing);
  calls.drain();
  const GilRelease released;
  kevy_subscription_close(closing, 0);
}

}  // namespace kevy::python
