// Starting and stopping; the clock.
#include "arguments.h"
#include "handles.h"

using namespace kevy::capi;

kevy_status kevy_start(const kevy_options* options, kevy_instance** instance) {
  if (instance == nullptr) return null_argument();
  return guard([&]() -> kevy_status {
    kevy_options known = KEVY_OPTIONS_INIT;
    if (const auto status = read_options(options, sizeof known, known); status != KEVY_OK) return status;
    kevy::InstanceOptions wanted;
    wanted.shards = known.shards;
    wanted.databases = known.databases;
    wanted.protocol = known.protocol;
    wanted.threads = known.threads;
    if (known.directive_count != 0 && has_null(known.directive_count * 2, known.directives, nullptr)) {
      return null_argument();
    }
    for (size_t i = 0; i < known.directive_count; ++i) {
      wanted.directives.emplace_back(known.directives[2 * i], known.directives[2 * i + 1]);
    }
    auto started = kevy::Instance::start(wanted);
    if (!started) return fail_with(KEVY_INVALID, started.error().message);
    auto handle = std::make_unique<kevy_instance>();
    handle->engine = std::move(*started);
    count_forks();
    handle->generation = fork_generation();
    *instance = handle.release();
    return KEVY_OK;
  });
}

kevy_status kevy_stop(kevy_instance* instance) {
  if (instance == nullptr) return KEVY_OK;
  // In a child its threads and the state of its locks are the parent's: it stays where it is.
  if (instance->generation != fork_generation()) return KEVY_OK;
  return guard([&]() -> kevy_status {
    const kevy::Status saved = instance->engine->shut_down();
    delete instance;
    if (saved) return KEVY_OK;
    return fail_with(KEVY_SYSTEM, saved.error().message, saved.error().code);
  });
}

kevy_status kevy_on_shutdown(kevy_instance* instance, kevy_shutdown_callback callback, void* user) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::Instance& engine = *instance->engine;
    if (callback == nullptr) {
      engine.shutdown_notice().set(nullptr, nullptr);
      return KEVY_OK;
    }
    const kevy::Status started = engine.delivery().start();
    if (!started) return fail_with(KEVY_SYSTEM, started.error().message, started.error().code);
    engine.shutdown_notice().set(callback, user);
    return KEVY_OK;
  });
}

namespace {

constexpr int64_t kTimeMax = 8'640'000'000'000'000;  // ms; as far as JavaScript's dates go

kevy_status too_late() {
  return fail(KEVY_INVALID, "the clock goes from 1970 to the year 275760");
}

template <typename Body>
kevy_status with_instance(kevy_instance* instance, Body&& body) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    body(*instance->engine);
    return KEVY_OK;
  });
}

}  // namespace

kevy_status kevy_clock_now(kevy_instance* instance, int64_t* unix_ms) {
  if (unix_ms == nullptr) return null_argument();
  return with_instance(instance,
                       [&](kevy::Instance& engine) { *unix_ms = engine.runtime().clock().now_ms(); });
}

kevy_status kevy_clock_freeze(kevy_instance* instance, int64_t unix_ms) {
  if (unix_ms > kTimeMax) return too_late();
  return with_instance(instance, [&](kevy::Instance& engine) {
    kevy::Clock& clock = engine.runtime().clock();
    engine.freeze_clock(unix_ms < 0 ? clock.now_us() : unix_ms * 1000);
  });
}

kevy_status kevy_clock_advance(kevy_instance* instance, int64_t delta_ms) {
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  const int64_t now_ms = instance->engine->runtime().clock().now_ms();
  if (delta_ms > kTimeMax - now_ms || delta_ms < -now_ms) return too_late();
  return with_instance(instance,
                       [&](kevy::Instance& engine) { engine.advance_clock(delta_ms); });
}

kevy_status kevy_clock_resume(kevy_instance* instance) {
  return with_instance(instance,
                       [&](kevy::Instance& engine) { engine.resume_clock(); });
}
