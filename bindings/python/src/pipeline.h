// The class PipelineHandle: collects commands, and runs short ones of an instance on the spot.
#pragma once

#include <pybind11/pybind11.h>

namespace kevy::python {

/// Adds the class to the module. `instance` is the class InstanceHandle.
void add_pipeline(pybind11::module_& module, pybind11::handle instance);

}  // namespace kevy::python
