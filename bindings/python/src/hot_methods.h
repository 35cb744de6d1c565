// The methods that are called most, without pybind11's argument handling, which would cost several
// times the command itself; and what else is written like them.
#pragma once

#include <pybind11/pybind11.h>

#include <new>

namespace kevy::python {

/// Adds get, set and execute to the class of InstanceHandle. Throws error_already_set.
void add_instance_hot_methods(pybind11::handle type);
/// Adds execute to the class of SessionHandle.
void add_session_hot_methods(pybind11::handle type);

/// The one argument of a call of get(), given by position or as `name`; borrowed. nullptr with a
/// Python error set.
PyObject* only_name(PyObject* const* args, Py_ssize_t count, PyObject* keywords);

/// Python calls these functions from C: no C++ exception may pass.
template <typename Body>
PyObject* guard(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

inline PyObject* new_reference(PyObject* object) {
  Py_INCREF(object);
  return object;
}

template <typename Function>
PyCFunction as_method(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

}  // namespace kevy::python
