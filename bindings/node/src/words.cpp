#include "words.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "failure.h"

namespace kevy::node {

namespace {

constexpr size_t kCopiedMax = 256;  // copying is cheaper than asking what memory it is

// The name of an array whose elements are no bytes; nullptr for one of bytes.
const char* name_unless_bytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      return nullptr;
    case napi_int16_array:
      return "an Int16Array";
    case napi_uint16_array:
      return "a Uint16Array";
    case napi_int32_array:
      return "an Int32Array";
    case napi_uint32_array:
      return "a Uint32Array";
    case napi_float32_array:
      return "a Float32Array";
    case napi_float64_array:
      return "a Float64Array";
    case napi_bigint64_array:
      return "a BigInt64Array";
    default:
      return "a BigUint64Array";
  }
}

[[noreturn]] void refuse_word(const std::string& name) {
  refuse("kevy takes strings, numbers, bigints, Buffers and arrays of bytes, not " + name);
}

[[noreturn]] void refuse_value(napi_env env, napi_value value, napi_valuetype type) {
  bool is_array = false;
  napi_is_array(env, value, &is_array);
  if (is_array) refuse_word("an array");
  switch (type) {
    case napi_symbol:
      refuse_word("a symbol");
    case napi_function:
      refuse_word("a function");
    case napi_undefined:
      refuse_word("undefined");
    case napi_null:
      refuse_word("null");
    case napi_boolean: {
      bool is_true = false;
      napi_get_value_bool(env, value, &is_true);
      refuse_word(is_true ? "true" : "false");
    }
    default:
      refuse_word("an object");
  }
}

std::string_view copied(const void* data, size_t size, Arena& arena) {
  char* room = arena.allocate(size + 1);
  if (size != 0) std::memcpy(room, data, size);
  return {room, size};
}

// The bytes of a view. Memory that is shared is copied: other threads may write to it.
std::string_view view_bytes(napi_env env, napi_value view, Arena& arena) {
  napi_value buffer = nullptr;
  bool is_dataview = false;
  check(napi_is_dataview(env, view, &is_dataview));
  if (is_dataview) {
    check(napi_get_dataview_info(env, view, nullptr, nullptr, &buffer, nullptr));
  } else {
    napi_typedarray_type type = napi_uint8_array;
    check(napi_get_typedarray_info(env, view, &type, nullptr, nullptr, &buffer, nullptr));
    if (const char* name = name_unless_bytes(type)) refuse_word(name);
  }
  void* data = nullptr;
  size_t size = 0;
  check(napi_get_buffer_info(env, view, &data, &size));
  if (size <= kCopiedMax) return copied(data, size, arena);
  bool is_private = false;
  check(napi_is_arraybuffer(env, buffer, &is_private));
  if (!is_private) return copied(data, size, arena);
  return {static_cast<const char*>(data), size};
}

std::string_view number_text(napi_env env, napi_value value, Arena& arena) {
  constexpr double kExactMax = 9007199254740992.0;
  double number = 0;
  if (napi_get_value_double(env, value, &number) == napi_ok && std::fabs(number) <= kExactMax &&
      number == std::trunc(number)) {
    constexpr size_t kDigitsMax = 24;
    char* const room = arena.allocate(kDigitsMax);
    const auto end = std::to_chars(room, room + kDigitsMax, static_cast<int64_t>(number)).ptr;
    return {room, static_cast<size_t>(end - room)};
  }
  napi_value decimal = nullptr;
  std::string_view text;
  check(napi_coerce_to_string(env, value, &decimal));
  if (!arena.text(env, decimal, &text)) throw Pending{};
  return text;
}

}  // namespace

std::string_view other_bytes_of(napi_env env, napi_value value, Arena& arena) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  if (type == napi_number || type == napi_bigint) return number_text(env, value, arena);
  if (type != napi_object) refuse_value(env, value, type);

  bool is_view = false;
  napi_is_buffer(env, value, &is_view);
  if (is_view) return view_bytes(env, value, arena);
  bool is_arraybuffer = false;
  napi_is_arraybuffer(env, value, &is_arraybuffer);
  if (!is_arraybuffer) refuse_value(env, value, type);
  void* data = nullptr;
  size_t size = 0;
  check(napi_get_arraybuffer_info(env, value, &data, &size));
  if (size <= kCopiedMax || data == nullptr) return copied(data, data == nullptr ? 0 : size, arena);
  return {static_cast<const char*>(data), size};
}

std::vector<napi_value> elements_of(napi_env env, napi_value array) {
  uint32_t count = 0;
  if (napi_get_array_length(env, array, &count) != napi_ok) refuse("not an array");
  std::vector<napi_value> values(count);
  for (uint32_t i = 0; i < count; ++i) check(napi_get_element(env, array, i, &values[i]));
  return values;
}

Words::Slices Words::slices(size_t first, size_t step) const {
  Slices slices;
  slices.data.reserve(count() / step);
  slices.sizes.reserve(count() / step);
  for (size_t i = first; i < count(); i += step) {
    slices.data.push_back(data_[i]);
    slices.sizes.push_back(sizes_[i]);
  }
  return slices;
}

}  // namespace kevy::node
