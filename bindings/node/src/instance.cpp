#include "instance.h"

#include "hot_methods.h"
#include "pipeline.h"
#include "reply_value.h"

namespace kevy::node {

namespace {

constexpr napi_type_tag kTag{0x6b6576792d696e73, 0x74616e63652d3031};

std::vector<kevy_slice> slices_of(const Napi::Array& values, uint32_t first, uint32_t step,
                                  Arena& arena) {
  std::vector<kevy_slice> slices;
  const uint32_t count = values.Length();
  slices.reserve(count / step);
  for (uint32_t i = first; i < count; i += step) {
    const std::string_view bytes = bytes_of(values.Env(), values.Get(i), arena);
    slices.push_back({bytes.data(), bytes.size()});
  }
  return slices;
}

}  // namespace

Napi::Function Instance::constructor(Napi::Env env) {
  return DefineClass(
      env, "Instance",
      {
          InstanceMethod<&Instance::stop>("_stop"),
          InstanceAccessor<&Instance::stopped>("stopped"),
          InstanceMethod<&Instance::pipeline>("_pipeline"),
          InstanceMethod<&Instance::get_many>("_getMany"),
          InstanceMethod<&Instance::set_many>("_setMany"),
          InstanceMethod<&Instance::listen>("_listen"),
          InstanceMethod<&Instance::addresses>("_addresses"),
          InstanceMethod<&Instance::clock_now>("_clockNow"),
          InstanceMethod<&Instance::clock_freeze>("_clockFreeze"),
          InstanceMethod<&Instance::clock_advance>("_clockAdvance"),
          InstanceMethod<&Instance::clock_resume>("_clockResume"),
      });
}

Instance::Instance(const Napi::CallbackInfo& info)
    : ObjectWrap(info), Handle(Environment::of(info.Env())),
      environment_of_(Environment::of(info.Env())) {
  const auto number = [&](size_t index) { return info[index].ToNumber().Uint32Value(); };
  std::vector<std::string> words;
  if (info[4].IsArray()) {
    const auto given = info[4].As<Napi::Array>();
    for (uint32_t i = 0; i < given.Length(); ++i) {
      words.push_back(given.Get(i).ToString().Utf8Value());
    }
  }
  std::vector<const char*> directives;
  for (const std::string& word : words) directives.push_back(word.c_str());

  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = number(0);
  options.databases = number(1);
  options.protocol = number(2);
  options.threads = number(3);
  options.directives = directives.data();
  options.directive_count = directives.size() / 2;
  environment_of_.check(kevy_start(&options, &handle_));
  napi_type_tag_object(info.Env(), info.This(), &kTag);
  add_hot_methods(info.This().As<Napi::Object>(), *this);
}

void Instance::release() noexcept {
  kevy_stop(handle_);
  handle_ = nullptr;
}

Instance& Instance::of(const Napi::Value& value) {
  bool tagged = false;
  if (value.IsObject()) {
    napi_check_object_type_tag(value.Env(), value, &kTag, &tagged);
  }
  if (!tagged) throw Napi::TypeError::New(value.Env(), "not an instance of kevy");
  return *Unwrap(value.As<Napi::Object>());
}

void Instance::stop(const Napi::CallbackInfo&) { release(); }

Napi::Value Instance::stopped(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), is_stopped());
}

Napi::Value Instance::pipeline(const Napi::CallbackInfo& info) {
  return run_pipeline(environment_of_, info, [&](auto... arguments) {
    return kevy_pipeline(handle(), arguments...);
  });
}

Napi::Value Instance::get_many(const Napi::CallbackInfo& info) {
  Arena& arena = environment_of_.words().arena();
  arena.clear();
  const auto keys = slices_of(info[0].As<Napi::Array>(), 0, 1, arena);
  kevy_reply* reply = nullptr;
  environment_of_.check(kevy_get_many(handle(), keys.size(), keys.data(), &reply));
  const ReplyPtr owner(reply);
  const Strings strings = info[1].ToBoolean() ? Strings::kBuffers : Strings::kText;
  return Napi::Value(info.Env(), value_of(environment_of_, reply, strings));
}

void Instance::set_many(const Napi::CallbackInfo& info) {
  Arena& arena = environment_of_.words().arena();
  arena.clear();
  const auto given = info[0].As<Napi::Array>();
  const auto keys = slices_of(given, 0, 2, arena);
  const auto values = slices_of(given, 1, 2, arena);
  environment_of_.check(kevy_set_many(handle(), values.size(), keys.data(), values.data()));
}

void Instance::listen(const Napi::CallbackInfo& info) {
  const std::string address = info[0].As<Napi::String>().Utf8Value();
  environment_of_.check(kevy_listen(handle(), address.c_str()));
}

Napi::Value Instance::addresses(const Napi::CallbackInfo& info) {
  Napi::Array all = Napi::Array::New(info.Env());
  char* buffer = environment_of_.scratch();
  for (uint32_t i = 0;; ++i) {
    const kevy_status status = kevy_address(handle(), i, buffer, Environment::kScratch);
    if (status == KEVY_NOT_FOUND) return all;
    environment_of_.check(status);
    all.Set(i, Napi::String::New(info.Env(), buffer));
  }
}

Napi::Value Instance::clock_now(const Napi::CallbackInfo& info) {
  int64_t now_ms = 0;
  environment_of_.check(kevy_clock_now(handle(), &now_ms));
  return Napi::Number::New(info.Env(), static_cast<double>(now_ms));
}

void Instance::clock_freeze(const Napi::CallbackInfo& info) {
  environment_of_.check(kevy_clock_freeze(handle(), info[0].ToNumber().Int64Value()));
}

void Instance::clock_advance(const Napi::CallbackInfo& info) {
  environment_of_.check(kevy_clock_advance(handle(), info[0].ToNumber().Int64Value()));
}

void Instance::clock_resume(const Napi::CallbackInfo&) {
  environment_of_.check(kevy_clock_resume(handle()));
}

}  // namespace kevy::node
