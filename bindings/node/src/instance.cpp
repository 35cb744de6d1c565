#include "instance.h"

#include <utility>

#include "hot_methods.h"
#include "reply.h"

namespace kevy::node {

namespace {

constexpr napi_type_tag kTag{0x6b6576792d696e73, 0x74616e63652d3031};

Strings strings_of(const Napi::Value& buffers) {
  return buffers.ToBoolean() ? Strings::kBuffers : Strings::kText;
}

/// The words of an array as texts that end in a NUL.
class Texts {
 public:
  Texts(Napi::Env env, const Napi::Value& array) {
    for (const napi_value word : elements_of(env, array)) {
      words_.push_back(Napi::Value(env, word).ToString().Utf8Value());
    }
    for (const std::string& word : words_) texts_.push_back(word.c_str());
  }
  Texts(const Texts&) = delete;
  Texts& operator=(const Texts&) = delete;
  const char* const* data() const noexcept { return texts_.data(); }
  size_t count() const noexcept { return texts_.size(); }

 private:
  std::vector<std::string> words_;
  std::vector<const char*> texts_;
};

// On the thread that starts, which is JavaScript's own. One that may run no more ends it too.
int tell_of_start(uint64_t done, uint64_t total, void* user) noexcept {
  const Napi::Value& function = *static_cast<const Napi::Value*>(user);
  const napi_env env = function.Env();
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return 1;
  napi_value nothing = nullptr, numbers[2] = {}, result = nullptr;
  bool goes_on = false;
  const bool told = napi_get_undefined(env, &nothing) == napi_ok &&
                    napi_create_double(env, static_cast<double>(done), &numbers[0]) == napi_ok &&
                    napi_create_double(env, static_cast<double>(total), &numbers[1]) == napi_ok &&
                    napi_call_function(env, nothing, function, 2, numbers, &result) == napi_ok &&
                    napi_get_value_bool(env, result, &goes_on) == napi_ok;
  napi_close_handle_scope(env, scope);
  return told && goes_on ? 0 : 1;
}

}  // namespace

Napi::Function Instance::constructor(Napi::Env env) {
  return DefineClass(env, "Instance",
                     {
                         method<&Instance::start>("_start"),
                         method<&Instance::stop>("_stop"),
                         method<&Instance::stopped>("_stopped"),
                         method<&Instance::get_many>("_getMany"),
                         method<&Instance::set_many>("_setMany"),
                         method<&Instance::listen>("_listen"),
                         method<&Instance::address>("_address"),
                         method<&Instance::clock_now>("_clockNow"),
                         method<&Instance::clock_freeze>("_clockFreeze"),
                         method<&Instance::clock_advance>("_clockAdvance"),
                         method<&Instance::clock_resume>("_clockResume"),
                         method<&Instance::save>("_save"),
                         method<&Instance::backup>("_backup"),
                         method<&Instance::load>("_load"),
                         method<&Instance::cancel>("_cancel"),
                     });
}

Instance::Instance(const Napi::CallbackInfo& info) : Wrapped(info) {
  napi_type_tag_object(info.Env(), info.This(), &kTag);
  add_hot_methods(info.This().As<Napi::Object>(), *this);
}

napi_value Instance::start(const Napi::CallbackInfo& info) {
  if (account_ != nullptr) refuse("the instance was started before");
  const auto numbers = elements_of(info.Env(), info[0]);
  const auto number = [&](size_t index) {
    return Napi::Value(info.Env(), numbers[index]).ToNumber().Uint32Value();
  };
  const Texts directives(info.Env(), info[2]), addresses(info.Env(), info[3]);
  integers_ = info[1].ToBoolean() ? Integers::kBigInts : Integers::kNumbers;
  Napi::Value on_progress = info[4];
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = number(0);
  options.databases = number(1);
  options.protocol = number(2);
  options.threads = number(3);
  options.directives = directives.data();
  options.directive_count = directives.count() / 2;
  options.listen = addresses.data();
  options.listen_count = addresses.count();
  options.progress = on_progress.IsFunction() ? tell_of_start : nullptr;
  options.progress_user = &on_progress;
  check(kevy_start(&options, &handle_));
  account_ = std::make_shared<MemoryAccount>(info.Env(), handle_);
  return nullptr;
}

void Instance::release() noexcept { static_cast<void>(end()); }

// KEVY_SYSTEM: its keys could not be saved.
kevy_status Instance::end() noexcept {
  for (const auto& job : jobs_) {
    if (job != nullptr) job->cancel();
  }
  for (const auto& job : jobs_) {
    if (job != nullptr) job->wait();
  }
  jobs_.clear();
  if (account_ != nullptr) account_->close();
  return kevy_stop(std::exchange(handle_, nullptr));
}

Instance& Instance::of(const Napi::Value& value) {
  bool tagged = false;
  if (value.IsObject()) {
    napi_check_object_type_tag(value.Env(), value, &kTag, &tagged);
  }
  void* self = nullptr;
  if (!tagged || napi_unwrap(value.Env(), value, &self) != napi_ok) {
    refuse("not an instance of kevy");
  }
  return *static_cast<Instance*>(self);
}

napi_value Instance::stop(const Napi::CallbackInfo&) {
  check(end());
  return nullptr;
}

napi_value Instance::stopped(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), handle_ == nullptr);
}

// getMany(keys, buffers)
napi_value Instance::get_many(const Napi::CallbackInfo& info) {
  const auto values = elements_of(info.Env(), info[0]);
  Words& words = environment().words();
  words.clear();
  words.add_all(info.Env(), values);
  kevy_reply* reply = nullptr;
  check(kevy_get_many(handle(), words.count(), words.data(), words.sizes(), &reply));
  const ReplyPtr owner(reply);
  return environment().tape().of_reply(reply, strings_of(info[1]), integers_);
}

// setMany([key, value, ...])
napi_value Instance::set_many(const Napi::CallbackInfo& info) {
  const auto given = elements_of(info.Env(), info[0]);
  if (given.size() % 2 != 0) refuse("a key has no value");
  Words& words = environment().words();
  words.clear();
  words.add_all(info.Env(), given);
  const auto keys = words.slices(0, 2);
  const auto values = words.slices(1, 2);
  check(kevy_set_many(handle(), keys.data.size(), keys.data.data(), keys.sizes.data(),
                      values.data.data(), values.sizes.data()));
  account_->ran(words.bytes());
  return nullptr;
}

napi_value Instance::listen(const Napi::CallbackInfo& info) {
  const std::string address = info[0].As<Napi::String>().Utf8Value();
  check(kevy_listen(handle(), address.c_str(), nullptr, nullptr));
  return nullptr;
}

// address(index): undefined when there is none.
napi_value Instance::address(const Napi::CallbackInfo& info) {
  const uint32_t index = info[0].ToNumber().Uint32Value();
  char* const buffer = environment().scratch();
  const kevy_status status = kevy_address(handle(), index, buffer, Environment::kScratch);
  if (status == KEVY_NOT_FOUND) return nullptr;
  check(status);
  return text_of(info.Env(), buffer);
}

napi_value Instance::clock_now(const Napi::CallbackInfo& info) {
  int64_t now_ms = 0;
  check(kevy_clock_now(handle(), &now_ms));
  return Napi::Number::New(info.Env(), static_cast<double>(now_ms));
}

napi_value Instance::clock_freeze(const Napi::CallbackInfo& info) {
  const int64_t unix_ms = info[0].ToNumber().Int64Value();
  check(kevy_clock_freeze(handle(), unix_ms));
  return nullptr;
}

napi_value Instance::clock_advance(const Napi::CallbackInfo& info) {
  const int64_t delta_ms = info[0].ToNumber().Int64Value();
  check(kevy_clock_advance(handle(), delta_ms));
  return nullptr;
}

napi_value Instance::clock_resume(const Napi::CallbackInfo&) {
  check(kevy_clock_resume(handle()));
  return nullptr;
}

napi_value Instance::save(const Napi::CallbackInfo&) {
  check(kevy_save(handle()));
  return nullptr;
}

napi_value Instance::backup(const Napi::CallbackInfo& info) {
  return begin_job(FileJob::Kind::kBackup, info);
}

napi_value Instance::load(const Napi::CallbackInfo& info) {
  return begin_job(FileJob::Kind::kLoad, info);
}

napi_value Instance::begin_job(FileJob::Kind kind, const Napi::CallbackInfo& info) {
  kevy_instance* const usable = handle();
  std::string path = info[0].ToString().Utf8Value();
  for (auto& job : jobs_) {
    if (job != nullptr && job->ended()) job.reset();
  }
  size_t number = 0;
  while (number < jobs_.size() && jobs_[number] != nullptr) ++number;
  if (number == jobs_.size()) jobs_.emplace_back();
  auto running = std::make_shared<RunningJob>();
  auto job = std::make_unique<FileJob>(kind, usable, std::move(path), running,
                                       info[1].As<Napi::Function>(), info[2]);
  job->Queue();
  static_cast<void>(job.release());  // its own from now on
  jobs_[number] = std::move(running);
  return Napi::Number::New(info.Env(), static_cast<double>(number));
}

// cancel(number)
napi_value Instance::cancel(const Napi::CallbackInfo& info) {
  const uint32_t number = info[0].ToNumber().Uint32Value();
  if (number < jobs_.size() && jobs_[number] != nullptr) jobs_[number]->cancel();
  return nullptr;
}

}  // namespace kevy::node
