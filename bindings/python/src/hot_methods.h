// The methods that are called most, without pybind11's argument handling, which would cost several
// times the command itself.
#pragma once

#include <pybind11/pybind11.h>

namespace kevy::python {

/// Adds get, set and execute to the class of InstanceHandle. Throws error_already_set.
void add_instance_hot_methods(pybind11::handle type);
/// Adds execute to the class of SessionHandle.
void add_session_hot_methods(pybind11::handle type);

}  // namespace kevy::python
