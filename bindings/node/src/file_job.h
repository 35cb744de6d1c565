// FileJob: a backup that is written, or a file that is loaded, on a thread of Node's pool, so that
// JavaScript goes on. Deletes itself when JavaScript has been told how it ended.
//
// The instance ends and waits for those that run before it is stopped (RunningJob).
#pragma once

#include <kevy.h>
#include <napi.h>

#include <atomic>
#include <memory>
#include <string>

namespace kevy::node {

/// What the instance knows of a job. Any thread.
class RunningJob {
 public:
  void cancel() noexcept { cancelled_ = true; }
  bool cancelled() const noexcept { return cancelled_; }
  void end() noexcept {
    ended_ = true;
    ended_.notify_all();
  }
  bool ended() const noexcept { return ended_; }
  void wait() const noexcept { ended_.wait(false); }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> ended_{false};
};

struct JobProgress {
  uint64_t done, total;
};

class FileJob final : public Napi::AsyncProgressWorker<JobProgress> {
 public:
  enum class Kind { kBackup, kLoad };
  /// on_end(status, message); on_progress(done, total), or nothing. Neither throws.
  FileJob(Kind kind, kevy_instance* instance, std::string path, std::shared_ptr<RunningJob> running,
          const Napi::Function& on_end, const Napi::Value& on_progress);

 private:
  void Execute(const ExecutionProgress& progress) override;
  void OnProgress(const JobProgress* progress, size_t count) override;
  void OnOK() override;
  kevy_status run(const ExecutionProgress& progress);

  const Kind kind_;
  kevy_instance* const instance_;
  const std::string path_;
  const std::shared_ptr<RunningJob> running_;
  Napi::FunctionReference on_progress_;
  kevy_status status_ = KEVY_OK;
  std::string message_;
};

}  // namespace kevy::node
