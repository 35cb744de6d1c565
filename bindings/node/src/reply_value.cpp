#include "reply_value.h"

#include <cstring>

namespace kevy::node {

namespace {

constexpr int64_t kSafeIntegerMax = (int64_t{1} << 53) - 1;

std::string_view bytes_in(const kevy_reply* reply) {
  size_t size = 0;
  const char* data = kevy_reply_string(reply, &size);
  return {data, size};
}

bool is_ascii(std::string_view bytes) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + sizeof seen <= bytes.size(); i += sizeof seen) {
    uint64_t eight;
    std::memcpy(&eight, bytes.data() + i, sizeof eight);
    seen |= eight;
  }
  for (; i < bytes.size(); ++i) seen |= static_cast<unsigned char>(bytes[i]);
  return (seen & kHighBits) == 0;
}

void check(napi_env env, napi_status status) {
  if (status != napi_ok) [[unlikely]] throw Napi::Error::New(env);
}

napi_value integer_of(napi_env env, int64_t integer) {
  napi_value value = nullptr;
  const bool safe = integer >= -kSafeIntegerMax && integer <= kSafeIntegerMax;
  check(env, safe ? napi_create_int64(env, integer, &value)
                  : napi_create_bigint_int64(env, integer, &value));
  return value;
}

napi_value buffer_of(napi_env env, std::string_view bytes) {
  napi_value value = nullptr;
  check(env, napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &value));
  return value;
}

Napi::Array array_of(Environment& environment, const kevy_reply* reply, Strings strings) {
  const Napi::Env env = environment.env();
  const size_t count = kevy_reply_count(reply);
  Napi::Array array = Napi::Array::New(env, count);
  for (size_t i = 0; i < count; ++i) {
    const Napi::HandleScope scope(env);
    const napi_value part = part_value_of(environment, kevy_reply_at(reply, i), strings);
    check(env, napi_set_element(env, array, static_cast<uint32_t>(i), part));
  }
  return array;
}

}  // namespace

napi_value text_of(napi_env env, std::string_view bytes) {
  napi_value value = nullptr;
  const auto create = is_ascii(bytes) ? napi_create_string_latin1 : napi_create_string_utf8;
  if (create(env, bytes.data(), bytes.size(), &value) != napi_ok) [[unlikely]] {
    throw Napi::RangeError::New(env, "the value is too long for a string: ask for a Buffer");
  }
  return value;
}

napi_value part_value_of(Environment& environment, const kevy_reply* reply, Strings strings) {
  const Napi::Env env = environment.env();
  switch (kevy_reply_get_type(reply)) {
    case KEVY_REPLY_STRING:
    case KEVY_REPLY_VERBATIM:
      return strings == Strings::kText ? text_of(env, bytes_in(reply))
                                       : buffer_of(env, bytes_in(reply));
    case KEVY_REPLY_STATUS:
      return text_of(env, bytes_in(reply));
    case KEVY_REPLY_INTEGER:
      return integer_of(env, kevy_reply_integer(reply));
    case KEVY_REPLY_DOUBLE:
      return Napi::Number::New(env, kevy_reply_double(reply));
    case KEVY_REPLY_BOOLEAN:
      return Napi::Boolean::New(env, kevy_reply_integer(reply) != 0);
    case KEVY_REPLY_ERROR:
      return environment.reply_error(bytes_in(reply));
    case KEVY_REPLY_ARRAY:
    case KEVY_REPLY_PUSH:
      return array_of(environment, reply, strings);
    case KEVY_REPLY_MAP:
      return environment.map(array_of(environment, reply, strings));
    case KEVY_REPLY_SET:
      return environment.set(array_of(environment, reply, strings));
    case KEVY_REPLY_NULL:
      break;
  }
  return env.Null();
}

napi_value value_of(Environment& environment, const kevy_reply* reply, Strings strings) {
  if (kevy_reply_get_type(reply) == KEVY_REPLY_ERROR) [[unlikely]] {
    throw Napi::Error(environment.env(), environment.reply_error(bytes_in(reply)));
  }
  return part_value_of(environment, reply, strings);
}

}  // namespace kevy::node
