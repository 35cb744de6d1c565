#include "made.h"

namespace kevy::python {

namespace {

PyObject* make(PyObject* owner, PyObject* args, PyObject* keywords) {
  auto* const of = reinterpret_cast<PyTypeObject*>(owner);
  PyObject* const kind = PyTuple_GET_SIZE(args) == 0 ? nullptr : PyTuple_GET_ITEM(args, 0);
  if (kind == nullptr || PyType_Check(kind) == 0 ||
      PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(kind), of) == 0) {
    PyErr_Format(PyExc_TypeError, "%.200s.__new__() takes a class of that kind", of->tp_name);
    return nullptr;
  }
  return of->tp_base->tp_new(reinterpret_cast<PyTypeObject*>(kind), args, keywords);
}

PyMethodDef own_new = {"__new__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(make)),
                       METH_VARARGS | METH_KEYWORDS, nullptr};

}  // namespace

void add_own_new(pybind11::handle type) {
  const auto function =
      pybind11::reinterpret_steal<pybind11::object>(PyCFunction_New(&own_new, type.ptr()));
  if (!function) throw pybind11::error_already_set();
  pybind11::setattr(type, "__new__", function);
}

}  // namespace kevy::python
