// Objects that stand for nothing, because their __init__ was not called or has failed: whatever
// takes one raises TypeError. pybind11 would hand out memory that nobody has initialised.
#pragma once

#include <pybind11/pybind11.h>

#include "handles.h"

namespace kevy::python {

/// The C++ object in a pybind11 instance, whose class has been checked. nullptr with a Python error
/// set when there is none.
template <typename Handle>
Handle* handle_in(PyObject* self) {
  auto* const instance = reinterpret_cast<pybind11::detail::instance*>(self);
  if (instance->simple_layout) {
    if (instance->simple_holder_constructed) {
      return static_cast<Handle*>(instance->simple_value_holder[0]);
    }
  } else {  // of several of our classes
    const auto* const type = pybind11::detail::get_type_info(typeid(Handle));
    const auto found = instance->get_value_and_holder(type);
    if (found.holder_constructed()) return found.template value_ptr<Handle>();
  }
  PyErr_Format(PyExc_TypeError, "%.200s.__init__() was not called, or has failed",
               Py_TYPE(self)->tp_name);
  return nullptr;
}

/// How pybind11 finds the C++ object in an argument, `self` among them.
template <typename Handle>
class MadeCaster : public pybind11::detail::type_caster_base<Handle> {
 public:
  bool load(pybind11::handle argument, bool convert) {
    const bool is_ours = PyObject_TypeCheck(argument.ptr(), this->typeinfo->type) != 0;
    if (is_ours && handle_in<Handle>(argument.ptr()) == nullptr) {
      throw pybind11::error_already_set();
    }
    return pybind11::detail::type_caster_base<Handle>::load(argument, convert);
  }
};

/// Gives a class a `__new__` of its own, which does what the inherited one does.
/// object.__reduce__() has an object's contents made by calling the nearest base class written in C
/// with it: that would be pybind11's, of which none can be made, and trying to ends the process.
/// This one's __init__ refuses.
void add_own_new(pybind11::handle type);

}  // namespace kevy::python

namespace pybind11::detail {

template <>
class type_caster<kevy::python::InstanceHandle>
    : public kevy::python::MadeCaster<kevy::python::InstanceHandle> {};

template <>
class type_caster<kevy::python::SessionHandle>
    : public kevy::python::MadeCaster<kevy::python::SessionHandle> {};

template <>
class type_caster<kevy::python::SubscriptionHandle>
    : public kevy::python::MadeCaster<kevy::python::SubscriptionHandle> {};

}  // namespace pybind11::detail
