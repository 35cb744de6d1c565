// Saving, backups, and loading them.
#include "arguments.h"
#include "handles.h"
#include "persist/backup/backup.h"
#include "runtime/persistence/snapshots.h"

using namespace kevy::capi;

namespace {

kevy_status failed(const kevy::Error& error) {
  switch (error.kind) {
    case kevy::Error::Kind::kInvalid:
      return fail_with(KEVY_INVALID, error.message);
    case kevy::Error::Kind::kNoMemory:
      return fail_with(KEVY_NO_MEMORY, error.message);
    case kevy::Error::Kind::kState:
      return fail_with(error.code == ECANCELED ? KEVY_CANCELLED : KEVY_REFUSED, error.message);
    default:
      return fail_with(KEVY_SYSTEM, error.message, error.code);
  }
}

kevy_status told(const kevy::Status& status) { return status ? KEVY_OK : failed(status.error()); }

kevy::Progress progress_of(kevy_progress_callback callback, void* user) {
  if (callback == nullptr) return nullptr;
  return [=](uint64_t done, uint64_t total) { return callback(done, total, user) == 0; };
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
