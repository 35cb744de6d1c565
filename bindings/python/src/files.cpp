#include "files.h"

#include "replies.h"
#include "told.h"

namespace py = pybind11;

namespace kevy::python {

namespace {

kevy_instance* open_handle(const InstanceHandle& instance) {
  if (instance.handle == nullptr) {
    raise_closed();
    throw py::error_already_set();
  }
  return instance.handle;
}

void check(kevy_status status) {
  if (status == KEVY_OK) return;
  raise_status(status);
  throw py::error_already_set();
}

void save(InstanceHandle& instance) {
  kevy_instance* const handle = open_handle(instance);
  check(run_long(instance.calls, *instance.contention, [&] { return kevy_save(handle); }));
}

void backup(InstanceHandle& instance, const py::bytes& path, const py::object& progress) {
  kevy_instance* const handle = open_handle(instance);
  Told told(progress);
  const std::string place = path;
  const kevy_backup_options options{sizeof options, told.callback(), &told};
  const kevy_status status = run_long(instance.calls, *instance.contention,
                                      [&] { return kevy_backup(handle, place.c_str(), &options); });
  told.raise_what_was_raised();
  check(status);
}

void load(InstanceHandle& instance, const py::bytes& path, const py::object& progress) {
  kevy_instance* const handle = open_handle(instance);
  Told told(progress);
  const std::string place = path;
  const kevy_load_options options{sizeof options, told.callback(), &told};
  const kevy_status status = run_long(instance.calls, *instance.contention,
                                      [&] { return kevy_load(handle, place.c_str(), &options); });
  told.raise_what_was_raised();
  check(status);
}

}  // namespace

void add_files(py::class_<InstanceHandle>& type) {
  type.def("_save", &save)
      .def("_backup", &backup, py::arg("path"), py::arg("progress"))
      .def("_load", &load, py::arg("path"), py::arg("progress"));
}

}  // namespace kevy::python
