// Saving, backups, and loading them.
#include "arguments.h"
#include "handles.h"
#include "persist/backup/backup.h"
#include "runtime/persistence/snapshots.h"

using namespace kevy::capi;

namespace {

kevy_status told(const kevy::Status& status) {
  return status ? KEVY_OK : fail_with(status.error());
}

}  // namespace

kevy_status kevy_save(kevy_instance* instance) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&] {
    kevy::Runtime& runtime = instance->engine->runtime();
    kevy::Turn all(runtime);
    all.hold_all();
    return told(runtime.snapshots()->save(all));
  });
}

kevy_status kevy_backup(kevy_instance* instance, const char* path,
                        const kevy_backup_options* options) {
  if (path == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&] {
    kevy_backup_options known = KEVY_BACKUP_OPTIONS_INIT;
    const kevy_status status = read_options(options, sizeof known, known);
    if (status != KEVY_OK) return status;
    kevy::Runtime& runtime = instance->engine->runtime();
    return told(kevy::write_backup(runtime, *runtime.scripts(), path,
                                   progress_of(known.progress, known.user)));
  });
}

kevy_status kevy_load(kevy_instance* instance, const char* path, const kevy_load_options* options) {
  if (path == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&] {
    kevy_load_options known = KEVY_LOAD_OPTIONS_INIT;
    const kevy_status status = read_options(options, sizeof known, known);
    if (status != KEVY_OK) return status;
    kevy::Runtime& runtime = instance->engine->runtime();
    return told(kevy::load_backup(runtime, *runtime.scripts(), path,
                                  progress_of(known.progress, known.user)));
  });
}
