#include "words.h"

#include <cstring>
#include <string>

namespace kevy::node {

namespace {

constexpr size_t kCopiedMax = 256;  // copying is cheaper than asking what memory it is

// Other threads may write to shared memory while a command reads it.
bool is_shared(napi_env env, napi_value view) {
  napi_value buffer = nullptr;
  bool dataview = false;
  napi_is_dataview(env, view, &dataview);
  if (dataview) {
    napi_get_dataview_info(env, view, nullptr, nullptr, &buffer, nullptr);
  } else {
    napi_get_typedarray_info(env, view, nullptr, nullptr, nullptr, &buffer, nullptr);
  }
  bool plain = false;
  napi_is_arraybuffer(env, buffer, &plain);
  return !plain;
}

std::string_view copied(const void* data, size_t size, Arena& arena) {
  char* room = arena.allocate(size + 1);
  if (size != 0) std::memcpy(room, data, size);
  return {room, size};
}

[[noreturn]] void refuse(napi_env env, napi_value value, napi_valuetype type) {
  std::string name = "a symbol";
  if (type != napi_symbol) {
    name = type == napi_object ? "an object" : Napi::Value(env, value).ToString().Utf8Value();
    if (type == napi_function) name = "a function";
  }
  throw Napi::TypeError::New(
      env, "kevy takes strings, numbers, bigints, Buffers and TypedArrays, not " + name);
}

}  // namespace

std::string_view bytes_of(napi_env env, napi_value value, Arena& arena) {
  std::string_view text;
  if (arena.text(env, value, &text)) return text;

  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  if (type == napi_number || type == napi_bigint) {
    napi_value decimal = nullptr;
    if (napi_coerce_to_string(env, value, &decimal) == napi_ok && arena.text(env, decimal, &text)) {
      return text;
    }
  }
  if (type != napi_object) refuse(env, value, type);

  void* data = nullptr;
  size_t size = 0;
  bool is_view = false;
  napi_is_buffer(env, value, &is_view);
  if (is_view) {
    napi_get_buffer_info(env, value, &data, &size);
    if (size <= kCopiedMax || is_shared(env, value)) return copied(data, size, arena);
    return {static_cast<const char*>(data), size};
  }
  bool is_arraybuffer = false;
  napi_is_arraybuffer(env, value, &is_arraybuffer);
  if (!is_arraybuffer) refuse(env, value, type);
  napi_get_arraybuffer_info(env, value, &data, &size);
  if (data == nullptr) return copied(data, 0, arena);
  return {static_cast<const char*>(data), size};
}

}  // namespace kevy::node
