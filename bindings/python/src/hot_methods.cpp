#include "hot_methods.h"

#include <vector>

#include "handles.h"
#include "made.h"
#include "replies.h"

namespace kevy::python {

namespace {

PyObject* run(PyObject* self, InstanceHandle& handle, const Words& words, PyObject* const* args) {
  return handle.execute(self, words, args);
}

PyObject* run(PyObject* self, SessionHandle& handle, const Words& words,
              PyObject* const* /*args*/) {
  return handle.execute(self, words);
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
    return run(self, *handle, words, args);
  });
}

PyObject* get(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  auto* handle = handle_in<InstanceHandle>(self);
  PyObject* const name = handle == nullptr ? nullptr : only_name(args, count, keywords);
  if (name == nullptr) return nullptr;
  return guard([&]() -> PyObject* {
    Words key(1);
    return key.add(name) ? handle->get(key) : nullptr;
  });
}

// The time to live that set()'s only keyword stands for, in milliseconds; 0 when it is anything
// else than a whole number of seconds as `ex`, or of milliseconds as `px`.
int64_t ttl_of(PyObject* name, PyObject* value) {
  const bool is_seconds = PyUnicode_CompareWithASCIIString(name, "ex") == 0;
  if (!is_seconds && PyUnicode_CompareWithASCIIString(name, "px") != 0) return 0;
  if (!PyLong_CheckExact(value)) return 0;
  int is_too_big = 0;
  const long long span = PyLong_AsLongLongAndOverflow(value, &is_too_big);
  constexpr long long kLongest = int64_t{1} << 40;  // what is longer is for SET to refuse
  if (is_too_big != 0 || span <= 0 || span > kLongest) return 0;
  return is_seconds ? span * 1000 : span;
}

// Runs libkevy.Instance._set, which takes all arguments that redis-py's set() takes.
PyObject* set_with_options(PyObject* self, PyObject* const* args, Py_ssize_t count,
                           PyObject* keywords) {
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  std::vector<PyObject*> all{self};
  all.insert(all.end(), args, args + count + named);
  static PyObject* const name = PyUnicode_InternFromString("_set");
  return PyObject_VectorcallMethod(name, all.data(), static_cast<size_t>(count) + 1, keywords);
}

PyObject* set(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  auto* handle = handle_in<InstanceHandle>(self);
  if (handle == nullptr) return nullptr;
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  return guard([&]() -> PyObject* {
    int64_t ttl_ms = 0;
    if (named == 1) ttl_ms = ttl_of(PyTuple_GET_ITEM(keywords, 0), args[count]);
    if (count != 2 || named > 1 || (named == 1 && ttl_ms == 0)) {
      return set_with_options(self, args, count, keywords);
    }
    Words pair(2);
    return pair.add(args[0]) && pair.add(args[1]) ? handle->set(pair, ttl_ms) : nullptr;
  });
}

PyMethodDef instance_methods[] = {
    {"get", as_method(get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, name)\n--\n\nThe string at a key, None when there is no such key."},
    {"set", as_method(set), METH_FASTCALL | METH_KEYWORDS,
     "set($self, name, value, ex=None, px=None, nx=False, xx=False, keepttl=False, get=False, "
     "exat=None, pxat=None, ifeq=None, ifne=None, ifdeq=None, ifdne=None)\n--\n\n"
     "Stores a string: True, None if a condition forbids it; the old one with `get`."},
    {"execute", as_method(execute<InstanceHandle>), METH_FASTCALL,
     "execute($self, /, *words)\n--\n\n"
     "Runs one command, the verb first, without connection state and in database 0."},
    {"_command", as_method(execute<InstanceHandle>), METH_FASTCALL,
     "_command($self, /, *words)\n--\n\n"},
};

PyMethodDef session_methods[] = {
    {"execute", as_method(execute<SessionHandle>), METH_FASTCALL,
     "execute($self, /, *words)\n--\n\nRuns one command, the verb first."},
    {"_command", as_method(execute<SessionHandle>), METH_FASTCALL,
     "_command($self, /, *words)\n--\n\n"},
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

PyObject* only_name(PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  if (count == 1 && named == 0) return args[0];
  if (count == 0 && named == 1 &&
      PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), "name") == 0) {
    return args[0];
  }
  PyErr_SetString(PyExc_TypeError, "get() takes one argument, the name of a key");
  return nullptr;
}

void add_instance_hot_methods(pybind11::handle type) { add(type, instance_methods); }

void add_session_hot_methods(pybind11::handle type) { add(type, session_methods); }

}  // namespace kevy::python
