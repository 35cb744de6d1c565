#include "files.h"

#include "replies.h"
#include "told.h"

namespace py = pybind11;

namespace kevy::python {

namespace {

void save(InstanceHandle& instance) {
  kevy_instance* const handle = instance.open_handle();
  throw_unless_ok(
      run_long(instance.calls, *instance.contention, [&] { return kevy_save(handle); }));
}

void backup(InstanceHandle& instance, const py::bytes& path, const py::object& progress) {
  kevy_instance* const handle = instance.open_handle();
  Told told(progress);
  const std::string place = path;
  const kevy_backup_options options{sizeof options, told.callback(), &told};
  const kevy_status status = run_long(instance.calls, *instance.contention,
                                      [&] { return kevy_backup(handle, place.c_str(), &options); });
  told.raise_what_was_raised();
  throw_unless_ok(status);
}

void load(InstanceHandle& instance, const py::bytes& path, const py::object& progress) {
  kevy_instance* const handle = instance.open_handle();
  Told told(progress);
  const std::string place = path;
  const kevy_load_options options{sizeof options, told.callback(), &told};
  const kevy_status status = run_long(instance.calls, *instance.contention,
                                      [&] { return kevy_load(handle, place.c_str(), &options); });
  told.raise_what_was_raised();
  throw_unless_ok(status);
}

}  // namespace

void add_files(py::class_<InstanceHandle>& type) {
  type.def("_save", &save)
      .def("_backup", &backup, py::arg("path"), py::arg("progress"))
      .def("_load", &load, py::arg("path"), py::arg("progress"));
}

}  // namespace kevy::python
