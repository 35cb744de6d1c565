#include "hot_methods.h"

#include "reply_value.h"

namespace kevy::node {

namespace {

/// The arguments of a call, and the instance whose function it is.
template <size_t kCount>
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) {
    void* instance = nullptr;
    napi_get_cb_info(env, info, &count_, values_, nullptr, &instance);
    instance_ = static_cast<Instance*>(instance);
  }
  Instance& instance() const noexcept { return *instance_; }
  napi_value operator[](size_t index) const noexcept { return values_[index]; }
  /// How many were given; at most kCount of them are here.
  size_t count() const noexcept { return count_; }

 private:
  size_t count_ = kCount;
  napi_value values_[kCount];
  Instance* instance_;
};

template <typename Body>
napi_value guarded(napi_env env, Body&& body) noexcept {
  try {
    return body();
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "KEVY_NO_MEMORY", "out of memory");
  }
  return nullptr;
}

// A value too long for the scratch memory: the reply's own bytes save a copy.
napi_value get_long(Instance& instance, std::string_view key) {
  const char* const argv[] = {"GET", key.data()};
  const size_t sizes[] = {3, key.size()};
  kevy_reply* reply = nullptr;
  instance.environment().check(kevy_exec(instance.handle(), 2, argv, sizes, &reply));
  const ReplyPtr owner(reply);
  return value_of(instance.environment(), reply, Strings::kText);
}

napi_value null_of(napi_env env) {
  napi_value null = nullptr;
  napi_get_null(env, &null);
  return null;
}

napi_value number_of(napi_env env, int32_t number) {
  napi_value value = nullptr;
  napi_create_int32(env, number, &value);
  return value;
}

napi_value run(napi_env env, napi_callback_info info, Strings strings) {
  constexpr size_t kFew = 8;
  const Arguments<kFew> arguments(env, info);
  Environment& environment = arguments.instance().environment();
  Words& words = environment.words();
  words.clear();
  const size_t count = arguments.count();
  if (count <= kFew) [[likely]] {
    for (size_t i = 0; i < count; ++i) words.add(env, arguments[i]);
  } else {
    std::vector<napi_value> all(count);
    size_t capacity = count;
    napi_get_cb_info(env, info, &capacity, all.data(), nullptr, nullptr);
    for (const napi_value value : all) words.add(env, value);
  }
  kevy_reply* reply = nullptr;
  environment.check(kevy_exec(arguments.instance().handle(), words.count(), words.data(),
                              words.sizes(), &reply));
  const ReplyPtr owner(reply);
  return value_of(environment, reply, strings);
}

napi_value get(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&]() -> napi_value {
    const Arguments<1> arguments(env, info);
    Environment& environment = arguments.instance().environment();
    Arena& arena = environment.words().arena();
    arena.clear();
    const std::string_view key = bytes_of(env, arguments[0], arena);
    size_t size = 0;
    const kevy_status status = kevy_get(arguments.instance().handle(), key.data(), key.size(),
                                        environment.scratch(), Environment::kScratch, &size);
    if (status == KEVY_OK) return text_of(env, {environment.scratch(), size});
    if (status == KEVY_NOT_FOUND) return null_of(env);
    if (status == KEVY_TRUNCATED) return get_long(arguments.instance(), key);
    environment.fail(status);
  });
}

napi_value set(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&]() -> napi_value {
    const Arguments<3> arguments(env, info);
    Environment& environment = arguments.instance().environment();
    Arena& arena = environment.words().arena();
    arena.clear();
    const std::string_view key = bytes_of(env, arguments[0], arena);
    const std::string_view value = bytes_of(env, arguments[1], arena);
    int64_t ttl_ms = 0;
    if (arguments.count() > 2) {
      double given = 0;
      napi_valuetype type = napi_undefined;
      napi_typeof(env, arguments[2], &type);
      if (type != napi_undefined) {
        napi_get_value_double(env, arguments[2], &given);
        if (!(given >= 1 && given <= 9007199254740991.0)) {
          throw Napi::RangeError::New(env, "ttlMs is not a whole number of milliseconds above 0");
        }
        ttl_ms = static_cast<int64_t>(given);
      }
    }
    environment.check(kevy_set(arguments.instance().handle(), key.data(), key.size(), value.data(),
                               value.size(), ttl_ms));
    return nullptr;
  });
}

napi_value exec(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&] { return run(env, info, Strings::kText); });
}

napi_value exec_buffer(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&] { return run(env, info, Strings::kBuffers); });
}

napi_value get_into(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&]() -> napi_value {
    const Arguments<2> arguments(env, info);
    Environment& environment = arguments.instance().environment();
    Arena& arena = environment.words().arena();
    arena.clear();
    const std::string_view key = bytes_of(env, arguments[0], arena);
    uint32_t offset = 0;
    napi_get_value_uint32(env, arguments[1], &offset);
    if (offset > environment.pool_size()) return number_of(env, -2);
    size_t size = 0;
    const kevy_status status =
        kevy_get(arguments.instance().handle(), key.data(), key.size(),
                 environment.pool() + offset, environment.pool_size() - offset, &size);
    if (status == KEVY_OK) return number_of(env, static_cast<int32_t>(size));
    if (status == KEVY_NOT_FOUND) return number_of(env, -1);
    if (status == KEVY_TRUNCATED) return number_of(env, -2);
    environment.fail(status);
  });
}

struct HotMethod {
  const char* name;
  napi_callback function;
};

constexpr HotMethod kHotMethods[] = {
    {"get", get}, {"set", set}, {"exec", exec}, {"execBuffer", exec_buffer}, {"_getInto", get_into},
};

}  // namespace

void add_hot_methods(const Napi::Object& object, Instance& instance) {
  const Napi::Env env = object.Env();
  for (const HotMethod& method : kHotMethods) {
    napi_value function = nullptr;
    if (napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.function, &instance,
                             &function) != napi_ok) {
      throw Napi::Error::New(env);
    }
    napi_property_descriptor keeps{};
    keeps.utf8name = "instance";
    keeps.value = object;
    napi_property_descriptor has{};
    has.utf8name = method.name;
    has.value = function;
    has.attributes = napi_default_jsproperty;
    if (napi_define_properties(env, function, 1, &keeps) != napi_ok ||
        napi_define_properties(env, object, 1, &has) != napi_ok) {
      throw Napi::Error::New(env);
    }
  }
}

}  // namespace kevy::node
