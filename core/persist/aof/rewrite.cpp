// A new base for the append-only file, and turning it on and off while the instance runs.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/thread.h"
#include "persist/aof/append_only_file.h"
#include "persist/aof/base_file.h"
#include "persist/aof/files.h"

namespace kevy {

// False when one runs, or the instance is about to stop. Under the lock, so that stop() meets either
// none or one that it can wait for.
bool AppendOnlyFile::begin_job(Job job) {
  std::lock_guard guard(mutex_);
  if (job_runs_ || stopping_) return false;
  if (job_.joinable()) job_.join();  // it has nothing left to do
  job_runs_ = true;
  job_ = start_thread([this, job] { run_jobs(job); });
  job_runs_ = job_.joinable();
  return job_runs_;
}

// And then what was wanted meanwhile.
void AppendOnlyFile::run_jobs(Job job) noexcept {
  while (true) {
    const int64_t begin_us = Clock::monotonic_us();
    const bool done = run_job(job);
    std::lock_guard guard(mutex_);
    note_job(done, begin_us);
    if (!done && job == &AppendOnlyFile::turn_as_wanted) wanted_ = enabled_;
    job = &AppendOnlyFile::turn_as_wanted;
    if (wanted_ != enabled_ && !stopping_) continue;
    job_runs_ = false;
    job_ended_.notify_all();
    return;
  }
}

bool AppendOnlyFile::run_job(Job job) noexcept {
  try {
    return (this->*job)().ok();
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void AppendOnlyFile::note_job(bool done, int64_t begin_us) noexcept {
  constexpr int kDoublingsMax = 12;
  const int64_t now_us = Clock::monotonic_us();
  last_rewrite_ok_ = done;
  last_rewrite_s_ = (now_us - begin_us) / 1'000'000;
  if (done) {
    ++rewrites_;
    failures_ = 0;
    not_before_us_ = 0;
  } else {
    not_before_us_ = now_us + (int64_t{1'000'000} << failures_);
    failures_ = std::min(failures_ + 1, kDoublingsMax);
  }
}

std::optional<std::string> AppendOnlyFile::rewrite() {
  {
    std::lock_guard guard(mutex_);
    if (!enabled_) return "ERR the append-only file is turned off";
    if (job_runs_ || file_->about_to_change())
      return "ERR Background append only file rewriting already in progress";
  }
  if (begin_job(&AppendOnlyFile::rewrite_now)) return std::nullopt;
  return "ERR the append-only file can not be rewritten now";
}

std::optional<std::string> AppendOnlyFile::turn(bool on) {
  if (on && place_.directory.empty()) return "it needs a directory: set dir";
  {
    std::lock_guard guard(mutex_);
    wanted_ = on;
    if (job_runs_ || wanted_ == enabled_) return std::nullopt;
  }
  if (begin_job(&AppendOnlyFile::turn_as_wanted)) return std::nullopt;
  std::lock_guard guard(mutex_);
  if (job_runs_) return std::nullopt;  // begun meanwhile, and sees what is wanted
  wanted_ = enabled_;
  return "no thread could be started for it";
}

void AppendOnlyFile::consider_rewrite() noexcept {
  const Settings& settings = runtime_.settings();
  const auto percent =
      static_cast<uint64_t>(settings.append_rewrite_percent.load(std::memory_order_relaxed));
  const auto least =
      static_cast<uint64_t>(settings.append_rewrite_min.load(std::memory_order_relaxed));
  const State now = state();
  {
    std::lock_guard guard(mutex_);
    if (Clock::monotonic_us() < not_before_us_) return;
  }
  if (now.enabled && !now.rewriting && !file_->whole()) {
    begin_job(&AppendOnlyFile::rewrite_now);
    return;
  }
  if (percent == 0 || !now.enabled || now.rewriting || now.current_size < least) return;
  const uint64_t base = std::max<uint64_t>(now.base_size, 1);
  if (now.current_size < base || (now.current_size - base) / base * 100 +
                                         (now.current_size - base) % base * 100 / base <
                                     percent) {
    return;
  }
  try {
    rewrite();
  } catch (const std::bad_alloc&) {
    return;  // it is considered again
  }
}

Result<AppendOnlyFile::Successor> AppendOnlyFile::prepare() {
  Successor next;
  // What an attempt before this one has left.
  next.base.name = Manifest::name_of_base(place_.prefix, base_used_);
  unlinkat(folder_.get(), next.name_aside().c_str(), 0);
  const uint64_t base = unused_base();
  const uint64_t increment = unused_increment();
  next.base = {Manifest::name_of_base(place_.prefix, base), base};
  next.increment = {Manifest::name_of_increment(place_.prefix, increment), increment};
  next.base_file = Descriptor(openat(folder_.get(), next.name_aside().c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!next.base_file) return system_error(next.name_aside() + " can not be opened", errno);
  auto opened = open_to_append(folder_.get(), next.increment.name);
  if (!opened) return opened.error();
  next.increment_file = std::move(*opened);
  return next;
}

// The base is on disk before the manifest names it, and that before anything is removed.
Status AppendOnlyFile::install(Successor& next) {
  if (fsync(next.base_file.get()) < 0) {
    return system_error(next.name_aside() + " can not be synced", errno);
  }
  auto size = size_of_file(next.base_file.get(), next.base.name);
  if (!size) return size.error();
  if (renameat(folder_.get(), next.name_aside().c_str(), folder_.get(), next.base.name.c_str()) <
      0) {
    return system_error(next.name_aside() + " can not be renamed", errno);
  }
  // Until another manifest is on disk a crash may leave one that names this base: where what follows
  // fails, it is removed only with that.
  Manifest before = manifest_;
  before.history.push_back(next.base);
  std::swap(manifest_, before);
  if (auto synced = sync_directory(folder_.get()); !synced) return synced;
  Manifest after;
  after.base = next.base;
  after.history = before.history;
  if (manifest_.base) after.history.push_back(*manifest_.base);
  for (const Manifest::File& file : manifest_.increments) {
    if (file.sequence != next.increment.sequence) after.history.push_back(file);
  }
  after.increments.push_back(next.increment);
  std::swap(after, manifest_);
  if (auto written = write_manifest(); !written) {
    std::swap(after, manifest_);
    return written;
  }
  {
    std::lock_guard guard(mutex_);
    older_size_ = base_size_ = *size;
  }
  remove_history();
  return Done{};
}

// What can not be removed is tried again with the next base, or when the instance starts.
void AppendOnlyFile::remove_history() noexcept {
  try {
    if (manifest_.history.empty()) return;
    Manifest after = manifest_;
    std::erase_if(after.history, [this](const Manifest::File& file) {
      return unlinkat(folder_.get(), file.name.c_str(), 0) == 0 || errno == ENOENT;
    });
    std::swap(after, manifest_);
    if (!write_manifest()) std::swap(after, manifest_);
  } catch (const std::bad_alloc&) {
    return;
  }
}

Status AppendOnlyFile::write_base_of(MomentView& view, const std::vector<std::string>& codes,
                                     const Successor& next) noexcept {
  try {
    return write_base(runtime_, view, codes, next.base_file.get(), next.name_aside(), cancelled_);
  } catch (const std::bad_alloc&) {
    return Error{Error::Kind::kNoMemory, "out of memory"};  // in the string itself
  }
}

// The new increment is in the manifest before anything is written to it, which goes on while the base is
// made. Should that fail, base and increments are what they were, with one increment more.
Status AppendOnlyFile::rewrite_now() {
  if (file_->about_to_change()) return Error{Error::Kind::kState, "it is being changed"};
  auto next = prepare();
  if (!next) return next.error();
  manifest_.increments.push_back(next->increment);
  if (auto written = write_manifest(); !written) return written;
  MomentView view(runtime_);
  std::vector<std::string> codes;
  uint64_t last_size = 0, losses = 0;
  bool was_broken = false;
  {
    Turn turn(runtime_);
    turn.hold_all();
    codes = libraries_.library_codes();
    view.open(turn);
    losses = file_->losses();
    was_broken = log_->broken();
    const uint64_t position = log_->begin_anew();
    last_size = file_->file_size() + position - log_->consumed();
    file_->retarget({std::move(next->increment_file), next->increment.name, 0, position});
  }
  Status written = write_base_of(view, codes, *next);
  view.close();
  if (written) written = install(*next);
  if (written) {
    file_->made_whole(losses);
    return Done{};
  }
  unlinkat(folder_.get(), next->name_aside().c_str(), 0);
  if (was_broken) log_->lose();
  std::lock_guard guard(mutex_);
  older_size_ += last_size;  // what was the last increment is one of those before the last
  return written;
}

Status AppendOnlyFile::turn_as_wanted() {
  bool on;
  {
    std::lock_guard guard(mutex_);
    on = wanted_;
    if (on == enabled_) return Done{};
  }
  if (!on) return turn_off();
  Status done = turn_on();
  if (!done) {
    (void)turn_off();
    unlock();
  }
  return done;
}

// Until the base is there both files are named as not needed: what a crash leaves of them goes.
Status AppendOnlyFile::turn_on() {
  if (auto locked = lock(); !locked) return locked;
  manifest_ = Manifest{};
  bool found = false;
  if (auto read = read_manifest(found); !read) return read;
  auto next = prepare();
  if (!next) return next.error();
  Manifest on_the_way = manifest_;
  on_the_way.history.push_back(next->base);
  on_the_way.history.push_back(next->increment);
  if (auto written = write_manifest(on_the_way); !written) return written;
  if (auto begun = begin_turned_on(*next); !begun) {
    unlinkat(folder_.get(), next->name_aside().c_str(), 0);
    return begun;
  }
  if (auto installed = install(*next); !installed) return installed;
  settings_changed();
  return Done{};
}

Status AppendOnlyFile::begin_turned_on(Successor& next) {
  if (log_ == nullptr) log_ = std::make_unique<WriteLog>(kLogMax);
  log_->set_fenced(false);
  log_->set_on_safe(on_safe_);
  auto file = std::make_unique<LogFile>(runtime_, *log_);
  file->set_on_step([this] { consider_rewrite(); });
  Turn turn(runtime_);
  turn.hold_all();
  Status written = write_base(runtime_, libraries_.library_codes(), next.base_file.get(),
                              next.name_aside());
  if (!written) return written;
  const uint64_t position = log_->begin_anew();
  log_->consume(position - log_->consumed());  // what the disk refused before
  if (!file->start({std::move(next.increment_file), next.increment.name, 0, position})) {
    return Error{Error::Kind::kSystem, "no thread could be started", errno};
  }
  runtime_.set_log(log_.get());
  std::lock_guard guard(mutex_);
  file_ = std::move(file);
  enabled_ = true;
  return Done{};
}

// The log stays, since its positions are those that shards and sessions know. What is withheld until it is
// on disk may be shown once there is none to be written: so it is brought there first, as far as the
// disk lets it.
Status AppendOnlyFile::turn_off() {
  {
    std::lock_guard guard(mutex_);
    if (!enabled_) return Done{};
  }
  (void)log_->wait_until_safe(log_->end());
  {
    Turn turn(runtime_);
    turn.hold_all();
    (void)log_->wait_until_safe(log_->end());  // of what came meanwhile
    runtime_.set_log(nullptr);
  }
  {
    std::lock_guard guard(mutex_);
    enabled_ = false;
  }
  file_->stop();
  log_->set_fenced(false);
  log_->set_failing(false);  // that is nobody's matter any more
  runtime_.allow_writes(Runtime::Refusal::kAppendOnly);
  unlock();
  return Done{};
}

}  // namespace kevy
