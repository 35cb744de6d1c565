// Other data in the place of all that there are, with a new base of them.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "persist/aof/append_only_file.h"
#include "persist/aof/files.h"

namespace kevy {

/// What is done by a thread of somebody else's, while no other job runs.
class AppendOnlyFile::JobOfCaller {
 public:
  explicit JobOfCaller(AppendOnlyFile& file) : file_(file) {
    std::unique_lock lock(file_.mutex_);
    file_.job_ended_.wait(lock, [this] { return !file_.job_runs_; });
    file_.job_runs_ = true;
    file_.caller_ = std::this_thread::get_id();
  }
  // And then what was wanted meanwhile.
  ~JobOfCaller() {
    bool more = false;
    {
      std::lock_guard guard(file_.mutex_);
      file_.job_runs_ = false;
      file_.caller_ = {};
      more = file_.wanted_ != file_.enabled_;
    }
    file_.job_ended_.notify_all();
    if (more) file_.begin_job(&AppendOnlyFile::turn_as_wanted);
  }
  JobOfCaller(const JobOfCaller&) = delete;
  JobOfCaller& operator=(const JobOfCaller&) = delete;

 private:
  AppendOnlyFile& file_;
};

Status AppendOnlyFile::replace(Replacement& data) {
  {
    std::lock_guard guard(mutex_);
    if (caller_ == std::this_thread::get_id()) {
      return Error{Error::Kind::kState, "it can not be done from within another one's progress"};
    }
  }
  const JobOfCaller job(*this);
  bool on;
  {
    std::lock_guard guard(mutex_);
    on = enabled_;
  }
  return on ? replace_with_base(data) : replace_in_memory(data);
}

Status AppendOnlyFile::replace_in_memory(Replacement& data) {
  if (Status prepared = data.prepare(-1); !prepared) return prepared;
  Turn turn(runtime_);
  if (Status ready = data.make_ready(turn); !ready) return ready;
  data.put(turn);
  return Done{};
}

Status AppendOnlyFile::replace_with_base(Replacement& data) {
  // What belongs to the last increment that was named has to have come there.
  constexpr auto kPause = std::chrono::milliseconds(1);
  for (int tries = 0; file_->about_to_change(); ++tries) {
    constexpr int kTries = 5000;
    if (tries == kTries) {
      return Error{Error::Kind::kState, "the append-only file is being changed, for long"};
    }
    log_->hurry();
    std::this_thread::sleep_for(kPause);
  }
  auto next = prepare();
  if (!next) return next.error();
  struct Aside {  // goes where it has not become the base, and the increment where none names it
    const Descriptor& folder;
    const std::string base, increment;
    bool named = false;
    ~Aside() {
      unlinkat(folder.get(), base.c_str(), 0);
      if (!named) unlinkat(folder.get(), increment.c_str(), 0);
    }
  } aside{folder_, next->name_aside(), next->increment.name};
  if (Status prepared = data.prepare(next->base_file.get()); !prepared) return prepared;
  aside.named = true;
  return put_with_base(data, *next);
}

// With all shards held from before the stream goes to the new increment until the manifest that
// names the base is on disk: so what anybody has been told of is in what a crash leaves.
Status AppendOnlyFile::put_with_base(Replacement& data, Successor& next) {
  if (fsync(next.base_file.get()) < 0) {
    return system_error(next.name_aside() + " can not be synced", errno);
  }
  manifest_.increments.push_back(next.increment);
  if (auto written = write_manifest(); !written) return written;
  LogFile::Target target{std::move(next.increment_file), next.increment.name, 0, 0};
  Turn turn(runtime_);
  if (Status ready = data.make_ready(turn); !ready) {
    manifest_.increments.pop_back();
    const Status unnamed = write_manifest();  // else it goes on naming one with nothing in it
    if (unnamed) unlinkat(folder_.get(), next.increment.name.c_str(), 0);
    return ready;
  }
  const uint64_t losses = file_->losses();
  const bool was_broken = log_->broken();
  const uint64_t position = log_->begin_anew();
  const uint64_t last_size = file_->file_size() + position - log_->consumed();
  target.begin = position;
  file_->retarget(std::move(target));
  Status installed = Done{};
  try {
    installed = install(next);
  } catch (const std::bad_alloc&) {
    installed = Error{Error::Kind::kNoMemory, "out of memory"};  // in the string itself
  }
  if (installed) {
    data.put(turn);
    file_->made_whole(losses);
    return Done{};
  }
  data.give_up(turn);
  (void)write_manifest();  // in the place of one that may be there
  if (was_broken) log_->lose();
  std::lock_guard guard(mutex_);
  older_size_ += last_size;  // what was the last increment is one of those before the last
  return installed;
}

}  // namespace kevy
