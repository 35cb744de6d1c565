// Starting and stopping; the clock.
#include <cstddef>
#include <string_view>

#include "arguments.h"
#include "handles.h"

using namespace kevy::capi;

namespace {

kevy_status read_directives(const kevy_options& options, kevy::InstanceOptions& wanted) {
  const size_t count = options.directive_count;
  if (count != 0 && has_null(count * 2, options.directives, nullptr)) return null_argument();
  for (size_t i = 0; i < count; ++i) {
    wanted.directives.emplace_back(options.directives[2 * i], options.directives[2 * i + 1]);
  }
  return KEVY_OK;
}

kevy_status read_addresses(const kevy_options& options, kevy::InstanceOptions& wanted) {
  const size_t count = options.listen_count;
  if (count != 0 && has_null(count, options.listen, nullptr)) return null_argument();
  for (size_t i = 0; i < count; ++i) {
    std::string_view text = options.listen[i];
    const bool optional = text.starts_with('-');
    if (optional) text.remove_prefix(1);
    auto address = kevy::Address::parse(text);
    if (!address) return fail_with(address.error());
    wanted.listen.push_back({std::move(*address), optional});
  }
  return read_listen_options(options.listen_options, wanted.listen_options);
}

kevy_status read_start(const kevy_options* options, kevy::InstanceOptions& wanted) {
  kevy_options known = KEVY_OPTIONS_INIT;
  constexpr size_t kFirst = offsetof(kevy_options, progress);
  if (const auto status = read_options(options, kFirst, known); status != KEVY_OK) return status;
  wanted.shards = known.shards;
  wanted.databases = known.databases;
  wanted.protocol = known.protocol;
  wanted.threads = known.threads;
  wanted.progress = progress_of(known.progress, known.progress_user);
  wanted.on_shutdown = known.on_shutdown;
  wanted.shutdown_user = known.shutdown_user;
  wanted.cancel = kevy::CancelFlag(known.cancel);
  if (const auto status = read_directives(known, wanted); status != KEVY_OK) return status;
  return read_addresses(known, wanted);
}

}  // namespace

kevy_status kevy_start(const kevy_options* options, kevy_instance** instance) {
  if (instance == nullptr) return null_argument();
  return guard([&]() -> kevy_status {
    kevy::InstanceOptions wanted;
    if (const auto status = read_start(options, wanted); status != KEVY_OK) return status;
    auto started = kevy::Instance::start(wanted);
    if (!started) return fail_with(started.error());
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
