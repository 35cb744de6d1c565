// The module libkevy._native: the C ABI as three classes. What users see is built on them in
// Python.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "files.h"
#include "handles.h"
#include "hot_methods.h"
#include "made.h"
#include "pipeline.h"
#include "replies.h"

namespace py = pybind11;
using namespace kevy::python;

namespace {

py::object checked(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

void check(kevy_status status) {
  if (status != KEVY_OK) checked(raise_status(status));
}

void add(Words& words, py::handle word) {
  if (!words.add(word.ptr())) throw py::error_already_set();
}

Words& add_all(Words& words, const py::tuple& tuple) {
  for (const py::handle word : tuple) add(words, word);
  return words;
}

/// Some of the words, as the C ABI takes several byte strings.
struct Slices {
  std::vector<const char*> data;
  std::vector<size_t> sizes;
};

Slices slices_of(const Words& words, size_t first, size_t step) {
  Slices slices;
  for (size_t i = first; i < words.count(); i += step) {
    slices.data.push_back(words.data()[i]);
    slices.sizes.push_back(words.sizes()[i]);
  }
  return slices;
}

Pace pace_of_many(const Words& words) {
  const bool is_short = words.count() <= kShortWords && words.total_size() <= kShortBytes;
  return is_short ? Pace::kShort : Pace::kLong;
}

kevy_instance* usable(const InstanceHandle& instance) {
  if (instance.handle == nullptr) checked(raise_closed());
  return instance.handle;
}

template <typename Handle>
auto* usable(const Handle& handle) {
  if (!handle.is_usable()) throw py::error_already_set();
  return handle.handle;
}

// ---- Instances and sessions --------------------------------------------------------------------

auto run_pipeline(InstanceHandle& instance) {
  return [handle = usable(instance)](auto... arguments) {
    return kevy_pipeline(handle, arguments...);
  };
}

auto run_pipeline(SessionHandle& session) {
  return [handle = usable(session)](auto... arguments) {
    return kevy_session_pipeline(handle, arguments...);
  };
}

// `commands` is a tuple of tuples: nobody can change them while the GIL is released. None where a
// watched key was changed.
template <typename Handle>
py::object pipeline(Handle& handle, const py::tuple& commands, bool atomic) {
  std::vector<size_t> counts;
  size_t total = 0;
  for (const py::handle command : commands) {
    counts.push_back(py::len(py::reinterpret_borrow<py::tuple>(command)));
    total += counts.back();
  }
  Words words(total);
  for (const py::handle command : commands) add_all(words, py::cast<py::tuple>(command));
  const auto call = run_pipeline(handle);
  kevy_reply* replies = nullptr;
  check(handle.run(Pace::kLong, [&] {
    return call(counts.size(), counts.data(), words.data(), words.sizes(),
                atomic ? uint32_t{KEVY_PIPELINE_ATOMIC} : 0, &replies);
  }));
  return checked(take_reply(replies, handle.decode));
}

py::object get_many(InstanceHandle& instance, const py::tuple& keys) {
  Words words(keys.size());
  add_all(words, keys);
  kevy_instance* handle = usable(instance);
  kevy_reply* reply = nullptr;
  check(instance.run(pace_of_many(words), [&] {
    return kevy_get_many(handle, words.count(), words.data(), words.sizes(), &reply);
  }));
  return checked(take_reply(reply, instance.decode));
}

void set_many(InstanceHandle& instance, const py::tuple& keys_and_values) {
  Words words(keys_and_values.size());
  add_all(words, keys_and_values);
  const auto keys = slices_of(words, 0, 2);
  const auto values = slices_of(words, 1, 2);
  kevy_instance* handle = usable(instance);
  check(instance.run(pace_of_many(words), [&] {
    return kevy_set_many(handle, keys.data.size(), keys.data.data(), keys.sizes.data(),
                         values.data.data(), values.sizes.data());
  }));
}

void listen(InstanceHandle& instance, const std::string& address) {
  kevy_instance* handle = usable(instance);
  instance.contention->listening = true;
  check(run_released(instance.calls,
                     [&] { return kevy_listen(handle, address.c_str(), nullptr, nullptr); }));
}

int connect(InstanceHandle& instance) {
  kevy_instance* handle = usable(instance);
  instance.contention->listening = true;
  int number = -1;
  check(run_released(instance.calls, [&] { return kevy_connect(handle, nullptr, &number); }));
  return number;
}

py::object address(InstanceHandle& instance, size_t index) {
  std::string text(128, '\0');
  kevy_status status;
  while ((status = kevy_address(usable(instance), index, text.data(), text.size())) ==
         KEVY_TRUNCATED) {
    text.resize(text.size() * 2);
  }
  if (status == KEVY_NOT_FOUND) return py::none();
  check(status);
  return py::str(text.c_str());
}

int64_t clock_now(InstanceHandle& instance) {
  int64_t unix_ms = 0;
  check(kevy_clock_now(usable(instance), &unix_ms));
  return unix_ms;
}

// Freezing and advancing expire keys of every shard.
void clock_freeze(InstanceHandle& instance, int64_t unix_ms) {
  kevy_instance* handle = usable(instance);
  check(instance.run(Pace::kLong, [&] { return kevy_clock_freeze(handle, unix_ms); }));
}

void clock_advance(InstanceHandle& instance, int64_t delta_ms) {
  kevy_instance* handle = usable(instance);
  check(instance.run(Pace::kLong, [&] { return kevy_clock_advance(handle, delta_ms); }));
}

void clock_resume(InstanceHandle& instance) { check(kevy_clock_resume(usable(instance))); }

// ---- What waits --------------------------------------------------------------------------------

py::object next_push(SessionHandle& session, int64_t timeout_ms) {
  kevy_session* handle = usable(session);
  kevy_reply* push = nullptr;
  const auto call = [&] { return kevy_session_next(handle, timeout_ms, &push); };
  const kevy_status status = timeout_ms == 0 ? call() : run_released(session.calls, call);
  if (status == KEVY_TIMEOUT) return py::none();
  check(status);
  return checked(take_reply(push, session.decode));
}

py::object submit(SessionHandle& session, const py::args& command) {
  Words words(command.size());
  return checked(session.submit(add_all(words, command)));
}

void feed(SessionHandle& session, py::handle bytes) {
  Words words(1);
  add(words, bytes);
  kevy_session* handle = usable(session);
  check(session.run(Pace::kLong,
                    [&] { return kevy_session_feed(handle, words.data()[0], words.sizes()[0]); }));
}

py::object take(SessionHandle& session, size_t limit) {
  kevy_session* handle = usable(session);
  std::string buffer(limit, '\0');
  size_t size = 0;
  check(kevy_session_take(handle, buffer.data(), buffer.size(), &size));
  return checked(text_object(buffer.data(), size, false));
}

py::object message_object(const kevy_message* message, bool decode) {
  size_t size;
  const char* text = kevy_message_channel(message, &size);
  const py::object channel = checked(text_object(text, size, decode));
  text = kevy_message_payload(message, &size);
  const py::object payload = checked(text_object(text, size, decode));
  py::object pattern = py::none();
  if (kevy_message_kind(message) == KEVY_SUBSCRIPTION_PATTERN) {
    text = kevy_message_pattern(message, &size);
    pattern = checked(text_object(text, size, decode));
  }
  return py::make_tuple(channel, payload, pattern);
}

py::object next_message(SubscriptionHandle& subscription, int64_t timeout_ms) {
  kevy_subscription* handle = usable(subscription);
  kevy_message* message = nullptr;
  const auto call = [&] { return kevy_subscription_next(handle, timeout_ms, &message); };
  const kevy_status status = timeout_ms == 0 ? call() : run_released(subscription.calls, call);
  if (status == KEVY_TIMEOUT) return py::none();
  check(status);
  const std::unique_ptr<kevy_message, decltype(&kevy_message_free)> owner(message,
                                                                          kevy_message_free);
  return message_object(message, subscription.decode);
}

int descriptor(SessionHandle& session) {
  int number = -1;
  check(kevy_session_descriptor(usable(session), &number));
  return number;
}

int descriptor(SubscriptionHandle& subscription) {
  int number = -1;
  check(kevy_subscription_descriptor(usable(subscription), &number));
  return number;
}

// ---- The classes -------------------------------------------------------------------------------

py::handle add_instance(py::module_& module) {
  py::class_<InstanceHandle> type(module, "InstanceHandle", "An instance: kevy_instance.");
  type.def(py::init([](uint32_t shards, uint32_t databases, uint32_t protocol, uint32_t threads,
                       std::vector<std::string> directives, bool decode,
                       std::vector<std::string> listen, py::object progress) {
             return std::make_unique<InstanceHandle>(InstanceHandle::Options{
                 shards, databases, protocol, threads, std::move(directives), decode,
                 std::move(listen), std::move(progress)});
           }),
           py::arg("shards"), py::arg("databases"), py::arg("protocol"), py::arg("threads"),
           py::arg("directives"), py::arg("decode"), py::arg("listen"), py::arg("progress"))
      .def("_stop", &InstanceHandle::stop_or_throw)
      .def("_is_open", [](const InstanceHandle& instance) { return instance.handle != nullptr; })
      .def("_pipeline", &pipeline<InstanceHandle>, py::arg("commands"), py::arg("atomic"))
      .def("_get_many", &get_many, py::arg("keys"))
      .def("_set_many", &set_many, py::arg("keys_and_values"))
      .def("_listen", &listen, py::arg("address"))
      .def("_connect", &connect)
      .def("_address", &address, py::arg("index"))
      .def("_clock_now", &clock_now)
      .def("_clock_freeze", &clock_freeze, py::arg("unix_ms"))
      .def("_clock_advance", &clock_advance, py::arg("delta_ms"))
      .def("_clock_resume", &clock_resume);
  add_files(type);
  add_instance_hot_methods(type);
  add_own_new(type);
  return module.attr("InstanceHandle");
}

void add_session(py::module_& module) {
  py::class_<SessionHandle> type(module, "SessionHandle", "A session: kevy_session.");
  type.def(py::init<InstanceHandle&>(), py::arg("instance"))
      .def("_close", &SessionHandle::close)
      .def("_is_open", [](const SessionHandle& session) { return session.handle != nullptr; })
      .def("_pipeline", &pipeline<SessionHandle>, py::arg("commands"), py::arg("atomic"))
      .def("_submit", &submit)
      .def(
          "_result",
          [](SessionHandle& session, int64_t timeout_ms) {
            return checked(session.result(timeout_ms));
          },
          py::arg("timeout_ms"))
      .def("_forget_outcome", &SessionHandle::forget_outcome)
      .def("_cancel", &SessionHandle::cancel)
      .def("_next", &next_push, py::arg("timeout_ms"))
      .def("_feed", &feed, py::arg("data"))
      .def("_take", &take, py::arg("limit"))
      .def("_descriptor", py::overload_cast<SessionHandle&>(&descriptor));
  add_session_hot_methods(type);
  add_own_new(type);
}

void add_subscription(py::module_& module) {
  py::class_<SubscriptionHandle> type(module, "SubscriptionHandle",
                                      "A subscription: kevy_subscription.");
  type.def(py::init([](InstanceHandle& instance, int kind, const py::tuple& channels) {
             Words words(channels.size());
             return std::make_unique<SubscriptionHandle>(instance, kind, add_all(words, channels));
           }),
           py::arg("instance"), py::arg("kind"), py::arg("channels"))
      .def("_cancel", &SubscriptionHandle::cancel)
      .def("_close", &SubscriptionHandle::close)
      .def("_is_open",
           [](const SubscriptionHandle& subscription) { return subscription.handle != nullptr; })
      .def("_next", &next_message, py::arg("timeout_ms"))
      .def("_descriptor", py::overload_cast<SubscriptionHandle&>(&descriptor));
  add_own_new(type);
}

}  // namespace

PYBIND11_MODULE(_native, module) {
  module.doc() = "kevy over pybind11. Private: use the package libkevy.";
  if (kevy_abi_version() != KEVY_ABI_VERSION) {
    throw py::import_error("libkevy.so.1 is of another ABI version than libkevy._native");
  }
  if (!load_errors()) throw py::error_already_set();
  module.attr("library_version") = kevy_version();
  add_pipeline(module, add_instance(module));
  add_session(module);
  add_subscription(module);
}
