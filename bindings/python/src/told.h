// Told: a function of Python's that the library tells of progress.
#pragma once

#include <kevy.h>
#include <pybind11/pybind11.h>

#include <utility>

namespace kevy::python {

/// What the function raises ends the call, and is kept. Lives as long as the call; the function
/// outlives it.
class Told {
 public:
  explicit Told(const pybind11::object& function) : function_(function) {}
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
    throw pybind11::error_already_set();
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

  const pybind11::object& function_;
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

}  // namespace kevy::python
