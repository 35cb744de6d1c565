// The module that lib/native.js loads: the native halves of the classes in lib/.
#include "environment.h"
#include "instance.h"
#include "session.h"
#include "subscription.h"
#include "watcher.h"

namespace {

using namespace kevy::node;

struct Status {
  kevy_status status;
  const char* kind;
  const char* code;
};

constexpr Status kStatuses[] = {
    {KEVY_INVALID, "invalid", "KEVY_INVALID"},       {KEVY_NO_MEMORY, "memory", "KEVY_NO_MEMORY"},
    {KEVY_SYSTEM, "system", "KEVY_SYSTEM"},          {KEVY_FORKED, "forked", "KEVY_FORKED"},
    {KEVY_CLOSED, "closed", "KEVY_CLOSED"},          {KEVY_TIMEOUT, "timeout", "KEVY_TIMEOUT"},
    {KEVY_CANCELLED, "cancelled", "KEVY_CANCELLED"},
};

// Set, it would run a setter that a prototype has.
void define(Napi::Object object, int index, Napi::Value value) {
  const std::string name = std::to_string(index);
  object.DefineProperty(Napi::PropertyDescriptor::Value(name, value, napi_enumerable));
}

// {status: [kind, code], ...}
Napi::Object statuses(Napi::Env env) {
  Napi::Object all = Napi::Object::New(env);
  for (const Status& each : kStatuses) {
    Napi::Array names = Napi::Array::New(env, 2);
    define(names, 0, Napi::String::New(env, each.kind));
    define(names, 1, Napi::String::New(env, each.code));
    define(all, each.status, names);
  }
  return all;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  auto* const environment = new Environment(env);
  env.SetInstanceData(environment);
  exports.Set("version", Napi::String::New(env, kevy_version()));
  exports.Set("statuses", statuses(env));
  exports.Set("tape", environment->tape().memory());
  exports.Set("Instance", Instance::constructor(env));
  exports.Set("Session", Session::constructor(env));
  exports.Set("Subscription", Subscription::constructor(env));
  exports.Set("Watcher", Watcher::constructor(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(kevy, initialise)
