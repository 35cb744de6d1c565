#include "hot_methods.h"

#include <new>

#include "handles.h"
#include "replies.h"

namespace kevy::python {

namespace {

// The C++ object in a pybind11 instance, whose class the method descriptor has checked. nullptr with
// a Python error set when a subclass has not called __init__.
template <typename Handle>
Handle* handle_in(PyObject* self) {
  const auto* instance = reinterpret_cast<pybind11::detail::instance*>(self);
  void* handle = instance->simple_layout ? instance->simple_value_holder[0]
                                         : instance->nonsimple.values_and_holders[0];
  if (handle == nullptr) PyErr_SetString(PyExc_TypeError, "__init__() was not called");
  return static_cast<Handle*>(handle);
}

// Python calls these from C: no C++ exception may pass.
template <typename Body>
PyObject* guard(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

template <typename Handle>
PyObject* execute(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  auto* handle = handle_in<Handle>(self);
  if (handle == nullptr) return nullptr;
  if (count == 0) {
    PyErr_SetString(PyExc_TypeError, "execute() takes a command: its verb and its arguments");
    return nullptr;
  }
  return guard([&]() -> PyObject* {
    Words words(static_cast<size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) {
      if (!words.add(args[i])) return nullptr;
    }
    return handle->execute(words);
  });
}

PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  auto* handle = handle_in<InstanceHandle>(self);
  if (handle == nullptr) return nullptr;
  if (count != 1) {
    PyErr_Format(PyExc_TypeError, "get() takes a key, not %zd arguments", count);
    return nullptr;
  }
  return guard([&]() -> PyObject* {
    Words key(1);
    return key.add(args[0]) ? handle->get(key) : nullptr;
  });
}

// Reads set()'s one keyword. False with a Python error set.
bool read_ttl(PyObject* name, PyObject* value, int64_t* ttl_ms) {
  if (PyUnicode_CompareWithASCIIString(name, "ttl_ms") != 0) {
    PyErr_Format(PyExc_TypeError, "set() got an unexpected keyword argument '%U'", name);
    return false;
  }
  if (value == Py_None) return true;
  *ttl_ms = PyLong_AsLongLong(value);
  if (*ttl_ms > 0) return true;
  if (PyErr_Occurred() == nullptr) raise_status(KEVY_INVALID, "ttl_ms has to be above 0");
  return false;
}

PyObject* set(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  auto* handle = handle_in<InstanceHandle>(self);
  if (handle == nullptr) return nullptr;
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "set() takes a key and a value, not %zd arguments", count);
    return nullptr;
  }
  int64_t ttl_ms = 0;
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  for (Py_ssize_t i = 0; i < named; ++i) {
    if (!read_ttl(PyTuple_GET_ITEM(keywords, i), args[2 + i], &ttl_ms)) return nullptr;
  }
  return guard([&]() -> PyObject* {
    Words pair(2);
    return pair.add(args[0]) && pair.add(args[1]) ? handle->set(pair, ttl_ms) : nullptr;
  });
}

template <typename Function>
PyCFunction as_method(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef instance_methods[] = {
    {"get", as_method(get), METH_FASTCALL,
     "get($self, key, /)\n--\n\nThe string at `key` of database 0, or None when there is none."},
    {"set", as_method(set), METH_FASTCALL | METH_KEYWORDS,
     "set($self, key, value, /, *, ttl_ms=None)\n--\n\n"
     "Stores a string at `key` of database 0, for `ttl_ms` milliseconds or for good."},
    {"execute", as_method(execute<InstanceHandle>), METH_FASTCALL,
     "execute($self, /, *words)\n--\n\n"
     "Runs one command, the verb first, without connection state and in database 0."},
};

PyMethodDef session_methods[] = {
    {"execute", as_method(execute<SessionHandle>), METH_FASTCALL,
     "execute($self, /, *words)\n--\n\nRuns one command, the verb first."},
};

template <size_t kCount>
void add(pybind11::handle type, PyMethodDef (&methods)[kCount]) {
  for (PyMethodDef& method : methods) {
    auto descriptor = pybind11::reinterpret_steal<pybind11::object>(
        PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type.ptr()), &method));
    if (!descriptor) throw pybind11::error_already_set();
    pybind11::setattr(type, method.ml_name, descriptor);
  }
}

}  // namespace

void add_instance_hot_methods(pybind11::handle type) { add(type, instance_methods); }

void add_session_hot_methods(pybind11::handle type) { add(type, session_methods); }

}  // namespace kevy::python
