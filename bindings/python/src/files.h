// Saving, backups and loading them, as methods of an instance's class.
#pragma once

#include <pybind11/pybind11.h>

#include "made.h"

namespace kevy::python {

void add_files(pybind11::class_<InstanceHandle>& type);

}  // namespace kevy::python
