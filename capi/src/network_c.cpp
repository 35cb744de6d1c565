// Listeners, and connections that the process itself asks for.
#include <cstring>

#include "arguments.h"
#include "session_handle.h"

using namespace kevy::capi;

struct kevy_listener {
  std::shared_ptr<kevy::Instance> engine;
  uint32_t generation = 0;
  uint64_t id = 0;
  std::string address;
};

namespace {

kevy_status failed(const kevy::Error& error) {
  if (error.kind == kevy::Error::Kind::kState) return fail_with(KEVY_CLOSED, error.message);
  const bool invalid = error.kind == kevy::Error::Kind::kInvalid;
  return fail_with(invalid ? KEVY_INVALID : KEVY_SYSTEM, error.message, error.code);
}

}  // namespace

namespace kevy::capi {

kevy_status read_listen_options(const kevy_listen_options* given, Listener::Options& options) {
  kevy_listen_options known = KEVY_LISTEN_OPTIONS_INIT;
  const kevy_status status = read_options(given, sizeof known, known);
  if (status != KEVY_OK) return status;
  if (known.backlog > INT32_MAX) return fail(KEVY_INVALID, "backlog: too large");
  if (known.permissions > 0777) return fail(KEVY_INVALID, "permissions: at most 0777");
  if (known.backlog != 0) options.backlog = static_cast<int>(known.backlog);
  options.permissions = known.permissions;
  return KEVY_OK;
}

}  // namespace kevy::capi

kevy_status kevy_listen(kevy_instance* instance, const char* address,
                        const kevy_listen_options* options, kevy_listener** listener) {
  if (address == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::Listener::Options wanted;
    if (const auto status = read_listen_options(options, wanted); status != KEVY_OK) return status;
    auto parsed = kevy::Address::parse(address);
    if (!parsed) return failed(parsed.error());
    auto made = std::make_unique<kevy_listener>();
    made->engine = instance->engine;
    made->generation = instance->generation;
    kevy::Network& network = instance->engine->network();
    const auto listening = network.listen(*parsed, wanted);
    if (!listening) return failed(listening.error());
    made->id = (*listening).id;
    try {
      made->address = (*listening).address.text();
    } catch (...) {
      network.close(made->id);
      throw;
    }
    if (listener != nullptr) *listener = made.release();
    return KEVY_OK;
  });
}

const char* kevy_listener_address(const kevy_listener* listener) {
  return listener == nullptr ? "" : listener->address.c_str();
}

kevy_status kevy_address(kevy_instance* instance, size_t index, char* buffer, size_t capacity) {
  if (buffer == nullptr && capacity != 0) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    const auto address = instance->engine->network().address(index);
    if (!address) return fail(KEVY_NOT_FOUND, "the instance does not listen on so many addresses");
    const std::string text = address->text();
    if (text.size() >= capacity) return fail(KEVY_TRUNCATED, "the address does not fit the buffer");
    std::memcpy(buffer, text.c_str(), text.size() + 1);
    return KEVY_OK;
  });
}

void kevy_listener_close(kevy_listener* listener) {
  if (listener == nullptr) return;
  if (listener->generation != fork_generation()) return;  // its locks are the parent's
  listener->engine->network().close(listener->id);
  delete listener;
}

kevy_status kevy_connect(kevy_instance* instance, const kevy_session_options* options,
                         int* descriptor) {
  if (descriptor == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    kevy::SessionStart start;
    const kevy_status status = read_session_start(*instance, options, start);
    if (status != KEVY_OK) return status;
    auto connected = instance->engine->network().connect(std::move(start));
    if (!connected) return failed(connected.error());
    *descriptor = connected->release();
    return KEVY_OK;
  });
}
