#include "file_job.h"

#include <utility>

namespace kevy::node {

FileJob::FileJob(Kind kind, kevy_instance* instance, std::string path,
                 std::shared_ptr<RunningJob> running, const Napi::Function& on_end,
                 const Napi::Value& on_progress)
    : AsyncProgressWorker(on_end),
      kind_(kind),
      instance_(instance),
      path_(std::move(path)),
      running_(std::move(running)) {
  if (on_progress.IsFunction()) on_progress_ = Napi::Persistent(on_progress.As<Napi::Function>());
}

kevy_status FileJob::run(const ExecutionProgress& progress) {
  struct Told {
    const ExecutionProgress& progress;
    const RunningJob& running;
  } told{progress, *running_};
  const auto tell = [](uint64_t done, uint64_t total, void* user) noexcept -> int {
    const Told& to = *static_cast<Told*>(user);
    try {
      const JobProgress now{done, total};
      to.progress.Send(&now, 1);
    } catch (const std::exception&) {
      return to.running.cancelled() ? 1 : 0;  // it is told of the next time
    }
    return to.running.cancelled() ? 1 : 0;
  };
  if (kind_ == Kind::kBackup) {
    const kevy_backup_options options{sizeof options, tell, &told};
    return kevy_backup(instance_, path_.c_str(), &options);
  }
  const kevy_load_options options{sizeof options, tell, &told};
  return kevy_load(instance_, path_.c_str(), &options);
}

void FileJob::Execute(const ExecutionProgress& progress) {
  struct Ending {
    RunningJob& running;
    ~Ending() { running.end(); }
  } const ending{*running_};
  if (running_->cancelled()) {  // the instance may be gone
    status_ = KEVY_CANCELLED;
    message_ = "it was cancelled";
    return;
  }
  status_ = run(progress);
  if (status_ != KEVY_OK) message_ = kevy_last_error();
}

void FileJob::OnProgress(const JobProgress* progress, size_t count) {
  if (count == 0 || on_progress_.IsEmpty()) return;
  const Napi::Env env = Env();
  on_progress_.Call({Napi::Number::New(env, static_cast<double>(progress->done)),
                     Napi::Number::New(env, static_cast<double>(progress->total))});
}

void FileJob::OnOK() {
  const Napi::Env env = Env();
  Callback().Call({Napi::Number::New(env, status_), Napi::String::New(env, message_)});
}

}  // namespace kevy::node
