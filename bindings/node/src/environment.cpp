#include "environment.h"

namespace kevy::node {

namespace {

struct StatusName {
  const char* kind;
  const char* code;
};

StatusName name_of(kevy_status status) {
  switch (status) {
    case KEVY_INVALID:
      return {"invalid", "KEVY_INVALID"};
    case KEVY_NO_MEMORY:
      return {"memory", "KEVY_NO_MEMORY"};
    case KEVY_SYSTEM:
      return {"system", "KEVY_SYSTEM"};
    case KEVY_FORKED:
      return {"forked", "KEVY_FORKED"};
    case KEVY_CLOSED:
      return {"closed", "KEVY_CLOSED"};
    case KEVY_TIMEOUT:
      return {"timeout", "KEVY_TIMEOUT"};
    case KEVY_NO_AUTH:
      return {"auth", "KEVY_NO_AUTH"};
    default:
      return {"invalid", "KEVY_UNKNOWN"};
  }
}

constexpr const char* kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";

}  // namespace

Handle::Handle(Environment& environment) : environment_(&environment) {
  environment.handles_.insert(this);
}

Handle::~Handle() {
  if (environment_ != nullptr) environment_->handles_.erase(this);
}

Environment::Environment(Napi::Env env) : env_(env), scratch_(new char[kScratch]) {
  napi_add_env_cleanup_hook(
      env, [](void* self) { static_cast<Environment*>(self)->end(); }, this);
}

void Environment::end() noexcept {
  for (Handle* handle : handles_) {
    handle->release();
    handle->environment_ = nullptr;
  }
  handles_.clear();
}

void Environment::set_factories(const Napi::Object& factories) {
  const auto take = [&](const char* name) {
    return Napi::Persistent(factories.Get(name).As<Napi::Function>());
  };
  reply_error_ = take("replyError");
  status_error_ = take("statusError");
  map_ = take("map");
  set_ = take("set");
}

void Environment::set_pool(Napi::Uint8Array pool) {
  pool_ = Napi::Persistent(pool);
  pool_data_ = reinterpret_cast<char*>(pool.Data());
  pool_size_ = pool.ByteLength();
}

Napi::Value Environment::reply_error(std::string_view text) const {
  return reply_error_.Call({Napi::String::New(env_, text.data(), text.size())});
}

void Environment::fail(kevy_status status) const { fail(status, kevy_last_error()); }

void Environment::fail(kevy_status status, const char* message) const {
  if (status == KEVY_WRONG_TYPE) throw Napi::Error(env_, reply_error(kWrongType));
  if (status == KEVY_REFUSED) throw Napi::Error(env_, reply_error(message));
  const StatusName name = name_of(status);
  const Napi::Value error =
      status_error_.Call({Napi::String::New(env_, name.kind), Napi::String::New(env_, name.code),
                          Napi::String::New(env_, message)});
  throw Napi::Error(env_, error);
}

}  // namespace kevy::node
