#include "environment.h"

namespace kevy::node {

Handle::Handle(Environment& environment) : environment_(&environment) {
  environment.handles_.insert(this);
}

Handle::~Handle() {
  if (environment_ != nullptr) environment_->handles_.erase(this);
}

Environment::Environment(Napi::Env env)
    : env_(env), tape_(env), scratch_(new char[kScratch]), watchers_(env) {
  // After the function of the watchers was made, so that this runs before Node frees that.
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

}  // namespace kevy::node
