#include "files.h"

#include "replies.h"

namespace py = pybind11;

namespace kevy::python {

namespace {

/// A function of Python's that is told of progress. What it raises ends the call, and is kept.
class Told {
 public:
  explicit Told(const py::object& function) : function_(function) {}
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  ~Told() {
    Py_XDECREF(type_);
    Py_XDECREF(value_);
    Py_XDECREF(traceback_);
  }

  kevy_progress_callback callback() const { return function_.is_none() ? nullptr : &Told::tell; }
  /// To be called with the GIL held, once the call is over.
  void raise_what_was_raised() {
    if (type_ == nullptr) return;
    PyErr_Restore(std::exchange(type_, nullptr), std::exchange(value_, nullptr),
                  std::exchange(traceback_, nullptr));
    throw py::error_already_set();
  }

 private:
  static int tell(uint64_t done, uint64_t total, void* user) {
    auto& told = *static_cast<Told*>(user);
    const PyGILState_STATE state = PyGILState_Ensure();
    PyObject* const result =
        PyObject_CallFunction(told.function_.ptr(), "KK", static_cast<unsigned long long>(done),
                              static_cast<unsigned long long>(total));
    if (result == nullptr) PyErr_Fetch(&told.type_, &told.value_, &told.traceback_);
    const bool fine = result != nullptr;
    Py_XDECREF(result);
    PyGILState_Release(state);
    return fine ? 0 : 1;
  }

  const py::object& function_;
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

kevy_instance* open_handle(const InstanceHandle& instance) {
  if (instance.handle == nullptr) {
    raise_closed();
    throw py::error_already_set();
  }
  return instance.handle;
}

void check(kevy_status status) {
  if (status == KEVY_OK) return;
  raise_status(status);
  throw py::error_already_set();
}

void save(InstanceHandle& instance) {
  kevy_instance* const handle = open_handle(instance);
  check(run_long(instance.calls, *instance.contention, [&] { return kevy_save(handle); }));
}

void backup(InstanceHandle& instance, const py::bytes& path, const py::object& progress) {
  kevy_instance* const handle = open_handle(instance);
  Told told(progress);
  const std::string place = path;
  const kevy_backup_options options{sizeof options, told.callback(), &told};
  const kevy_status status = run_long(instance.calls, *instance.contention,
                                      [&] { return kevy_backup(handle, place.c_str(), &options); });
  told.raise_what_was_raised();
  check(status);
}

void load(InstanceHandle& instance, const py::bytes& path, const py::object& progress) {
  kevy_instance* const handle = open_handle(instance);
  Told told(progress);
  const std::string place = path;
  const kevy_load_options options{sizeof options, told.callback(), &told};
  const kevy_status status = run_long(instance.calls, *instance.contention,
                                      [&] { return kevy_load(handle, place.c_str(), &options); });
  told.raise_what_was_raised();
  check(status);
}

}  // namespace

void add_files(py::class_<InstanceHandle>& type) {
  type.def("_save", &save)
      .def("_backup", &backup, py::arg("path"), py::arg("progress"))
      .def("_load", &load, py::arg("path"), py::arg("progress"));
}

}  // namespace kevy::python
