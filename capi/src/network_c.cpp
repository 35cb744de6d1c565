// Listening, and where.
#include <cstring>

#include "handles.h"

using namespace kevy::capi;

kevy_status kevy_listen(kevy_instance* instance, const char* address) {
  if (address == nullptr) return null_argument();
  if (const kevy_status status = check(instance); status != KEVY_OK) return status;
  return guard([&]() -> kevy_status {
    auto parsed = kevy::Address::parse(address);
    if (!parsed) return fail(KEVY_INVALID, parsed.error().message.c_str());
    const auto listening = instance->engine->network().listen(*parsed);
    if (!listening) return fail(KEVY_SYSTEM, listening.error().message.c_str());
    return KEVY_OK;
  });
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
