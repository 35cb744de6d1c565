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

namespace {

constexpr unsigned kFailuresMax = 3;  // until rewrites rest for a while
constexpr int64_t kFirstRestUs = 60'000'000;

}  // namespace

// False when one runs, or the instance is about to stop.
bool AppendOnlyFile::begin_job(std::function<Status()> job) {
  std::thread before;
  {
    std::lock_guard guard(mutex_);
    if (job_runs_ || stopping_) return false;
    job_runs_ = true;
    before = std::move(job_);
  }
  if (before.joinable()) before.join();  // it has nothing left to do
  std::thread started = start_thread([this, job = std::move(job)] { run_job(job); });
  const bool runs = started.joinable();
  std::lock_guard guard(mutex_);
  if (!runs) job_runs_ = false;
  job_ = std::move(started);
  return runs;
}

void AppendOnlyFile::run_job(const std::function<Status()>& job) noexcept {
  const int64_t begin_us = Clock::monotonic_us();
  bool done = false;
  try {
    done = job().ok();
  } catch (const std::bad_alloc&) {
    done = false;
  }
  std::lock_guard guard(mutex_);
  job_runs_ = false;
  last_rewrite_ok_ = done;
  last_rewrite_s_ = (Clock::monotonic_us() - begin_us) / 1'000'000;
  if (done) {
    ++rewrites_;
    failures_ = 0;
    return;
  }
  // As the reference does: an increment is added each time.
  if (++failures_ < kFailuresMax) return;
  const unsigned doublings = std::min(failures_ - kFailuresMax, 6u);
  not_before_us_ = Clock::monotonic_us() + (kFirstRestUs << doublings);
}

std::optional<std::string> AppendOnlyFile::rewrite() {
  {
    std::lock_guard guard(mutex_);
    if (!enabled_) return "ERR the append-only file is turned off";
    if (job_runs_ || file_->about_to_change())
      return "ERR Background append only file rewriting already in progress";
  }
  if (begin_job([this] { return rewrite_now(); })) return std::nullopt;
  return "ERR the append-only file can not be rewritten now";
}

std::optional<std::string> AppendOnlyFile::turn(bool on) {
  if (on && place_.directory.empty()) return "it needs a directory: set dir";
  if (begin_job([this, on] { return on ? turn_on() : turn_off(); })) return std::nullopt;
  return "the append-only file is being rewritten: try again";
}

void AppendOnlyFile::consider_rewrite() noexcept {
  const Settings& settings = runtime_.settings();
  const auto percent =
      static_cast<uint64_t>(settings.append_rewrite_percent.load(std::memory_order_relaxed));
  const auto least =
      static_cast<uint64_t>(settings.append_rewrite_min.load(std::memory_order_relaxed));
  const State now = state();
  if (percent == 0 || !now.enabled || now.rewriting || now.current_size < least) return;
  {
    std::lock_guard guard(mutex_);
    if (Clock::monotonic_us() < not_before_us_) return;
  }
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
  const uint64_t base = manifest_.base ? manifest_.base->sequence + 1 : 1;
  const uint64_t increment = manifest_.last_increment() + 1;
  next.base = {Manifest::name_of_base(place_.prefix, base), base};
  next.increment = {Manifest::name_of_increment(place_.prefix, increment), increment};
  next.base_file = Descriptor(openat(folder_.get(), next.name_aside().c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!next.base_file) return system_error(next.name_aside() + " can not be opened", errno);
  // What an attempt before this one may have left is not named by the manifest.
  if (unlinkat(folder_.get(), next.increment.name.c_str(), 0) < 0 && errno != ENOENT) {
    return system_error(next.increment.name + " can not be removed", errno);
  }
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
  if (auto synced = sync_directory(folder_.get()); !synced) return synced;
  Manifest after;
  after.base = next.base;
  after.history = manifest_.history;
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

// What can not be removed is tried again when the instance starts the next time.
void AppendOnlyFile::remove_history() noexcept {
  try {
    if (manifest_.history.empty()) return;
    for (const Manifest::File& file : manifest_.history) {
      unlinkat(folder_.get(), file.name.c_str(), 0);
    }
    Manifest after = manifest_;
    after.history.clear();
    std::swap(after, manifest_);
    if (!write_manifest()) std::swap(after, manifest_);
  } catch (const std::bad_alloc&) {
    return;
  }
}

// What was the last increment is one of those before the one that is written to.
void AppendOnlyFile::give_up(const Successor& next, uint64_t last_size) noexcept {
  unlinkat(folder_.get(), next.name_aside().c_str(), 0);
  std::lock_guard guard(mutex_);
  older_size_ += last_size;
}

Status AppendOnlyFile::write_base_of(MomentView& view, const std::vector<std::string>& codes,
                                     const Successor& next) noexcept {
  try {
    return write_base(runtime_, view, codes, next.base_file.get(), next.name_aside(), cancelled_);
  } catch (const std::bad_alloc&) {
    return Error{Error::Kind::kNoMemory, "there is no memory for it"};
  }
}

// The new increment is in the manifest before anything is written to it, which goes on while the base is
// made. Should that fail, base and increments are what they were, with one increment more.
Status AppendOnlyFile::rewrite_now() {
  auto next = prepare();
  if (!next) return next.error();
  const Manifest before = manifest_;
  manifest_.increments.push_back(next->increment);
  if (auto written = write_manifest(); !written) {
    manifest_ = before;
    return written;
  }
  MomentView view(runtime_);
  std::vector<std::string> codes;
  uint64_t last_size = 0;
  bool was_broken = false;
  {
    Turn turn(runtime_);
    hold_all(turn);
    codes = library_codes(turn);
    view.open(turn);
    was_broken = log_->broken();
    const uint64_t position = log_->begin_anew();
    last_size = file_->file_size() + position - log_->consumed();
    file_->retarget({std::move(next->increment_file), next->increment.name, 0, position});
  }
  auto written = write_base_of(view, codes, *next);
  view.close();
  if (written) written = install(*next);
  if (!written) {
    give_up(*next, last_size);
    if (was_broken) log_->lose();
  }
  return written;
}

Status AppendOnlyFile::turn_on() {
  {
    std::lock_guard guard(mutex_);
    if (enabled_) return Done{};
  }
  if (auto locked = lock(); !locked) return locked;
  manifest_ = Manifest{};
  if (auto read = read_manifest(); !read) return read;
  auto next = prepare();
  if (!next) return next.error();
  if (log_ == nullptr) log_ = std::make_unique<WriteLog>(kLogMax);
  log_->set_fenced(false);
  log_->set_on_safe(on_safe_);
  auto file = std::make_unique<LogFile>(runtime_, *log_);
  file->set_on_step([this] { consider_rewrite(); });
  {
    Turn turn(runtime_);
    hold_all(turn);
    if (auto written = write_base(turn, next->base_file.get(), next->name_aside()); !written) {
      return written;
    }
    const uint64_t position = log_->begin_anew();
    log_->consume(position - log_->consumed());  // what the disk refused before
    if (!file->start({std::move(next->increment_file), next->increment.name, 0, position})) {
      return Error{Error::Kind::kSystem, "no thread could be started", errno};
    }
    runtime_.set_log(log_.get());
    std::lock_guard guard(mutex_);
    file_ = std::move(file);
    enabled_ = true;
  }
  if (auto installed = install(*next); !installed) {
    (void)turn_off();
    return installed;
  }
  settings_changed();
  return Done{};
}

// The log stays, since its positions are those that shards and sessions know.
Status AppendOnlyFile::turn_off() {
  {
    std::lock_guard guard(mutex_);
    if (!std::exchange(enabled_, false)) return Done{};
  }
  {
    Turn turn(runtime_);
    hold_all(turn);
    runtime_.set_log(nullptr);
  }
  file_->stop();
  log_->set_fenced(false);
  runtime_.allow_writes(Runtime::Refusal::kAppendOnly);
  flock(folder_.get(), LOCK_UN);  // a child of fork() has the descriptor too
  folder_ = Descriptor();
  return Done{};
}

}  // namespace kevy
