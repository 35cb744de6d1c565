// The module that lib/native.js loads: the native halves of the classes in lib/.
#include "environment.h"
#include "instance.h"
#include "session.h"
#include "subscription.h"
#include "watcher.h"

namespace {

using namespace kevy::node;

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment(env));
  exports.Set("version", Napi::String::New(env, kevy_version()));
  exports.Set("Instance", Instance::constructor(env));
  exports.Set("Session", Session::constructor(env));
  exports.Set("Subscription", Subscription::constructor(env));
  exports.Set("Watcher", Watcher::constructor(env));
  exports.Set("setFactories", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                Environment::of(info.Env()).set_factories(info[0].As<Napi::Object>());
              }));
  exports.Set("setPool", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                Environment::of(info.Env()).set_pool(info[0].As<Napi::Uint8Array>());
              }));
  return exports;
}

}  // namespace

NODE_API_MODULE(kevy, initialise)
