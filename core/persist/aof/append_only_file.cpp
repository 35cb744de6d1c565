#include "persist/aof/append_only_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "persist/aof/base_file.h"
#include "persist/aof/files.h"
#include "persist/aof/loader.h"
#include "persist/load/read_keys.h"

namespace kevy {

namespace {

Error damaged(std::string message) { return {Error::Kind::kInvalid, std::move(message)}; }

bool exists(int directory, const std::string& name) noexcept {
  return faccessat(directory, name.c_str(), F_OK, 0) == 0;
}

bool is_empty(int directory, const std::string& name) noexcept {
  struct statx status {};  // that older glibc have: not fstatat
  return statx(directory, name.c_str(), 0, STATX_SIZE, &status) == 0 && status.stx_size == 0;
}

bool is_full(const Error& error) noexcept { return error.code == ENOSPC || error.code == EDQUOT; }

/// Whether the file begins as RDB does.
bool begins_with_data(int file) noexcept {
  char beginning[6] = {};
  return pread(file, beginning, sizeof beginning, 0) == sizeof beginning &&
         (Bytes(beginning, 5) == "REDIS" || Bytes(beginning, 6) == "VALKEY");
}

}  // namespace

Status AppendOnlyFile::start(const Progress& progress) {
  if (auto locked = lock(); !locked) return locked;
  bool found = false;
  if (auto read = read_manifest(found); !read) return read;
  // The crash was between the two steps of taking over the old file.
  const bool moves = manifest_.base && manifest_.base->name == place_.prefix &&
                     !exists(folder_.get(), place_.prefix) && exists(parent_.get(), place_.prefix);
  if (!found || moves) {
    if (auto taken = take_over_old_file(); !taken) return taken;
  }
  if (auto loaded = load(progress); !loaded) return loaded;
  return begin_logging();
}

// flock() is of the opened directory, so that it holds between instances of one process too, and
// goes with the process however that ends.
Status AppendOnlyFile::lock() {
  unlock();
  auto parent = open_directory(AT_FDCWD, place_.directory);
  if (!parent) return parent.error();
  parent_ = std::move(*parent);
  auto folder = open_directory(parent_.get(), place_.folder);
  if (!folder) return folder.error();
  folder_ = std::move(*folder);
  lock_ = Socket::made_by(
      [this] { return openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (!lock_) return system_error(place_.folder + " can not be opened", errno);
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return Done{};
  if (errno != EWOULDBLOCK) return Done{};  // a file system without locks
  return Error{Error::Kind::kSystem,
               "the append-only file in " + place_.directory + '/' + place_.folder +
                   " is in use by another instance: stop that one, or choose another dir",
               EWOULDBLOCK};
}

void AppendOnlyFile::unlock() noexcept {
  if (lock_) flock(lock_.get(), LOCK_UN);  // whoever else has a copy of the descriptor
  lock_ = Socket();
  folder_ = Descriptor();
  parent_ = Descriptor();
}

Status AppendOnlyFile::read_manifest(bool& found) {
  auto text = read_file(folder_.get(), manifest_name(), found);
  if (!text) return text.error();
  if (!found) return refuse_unnamed_files();
  auto parsed = Manifest::parse(*text);
  if (!parsed) {
    return damaged(place_.folder + '/' + manifest_name() + ": " + parsed.error().message);
  }
  manifest_ = std::move(*parsed);
  return Done{};
}

// Without the manifest nobody knows what belongs together; new files would be mixed up with these.
Status AppendOnlyFile::refuse_unnamed_files() {
  auto names = names_in_directory(folder_.get());
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const bool is_one = name.starts_with(place_.prefix + '.') &&
                        (name.find(".base.") != std::string::npos || name.ends_with(".incr.aof"));
    if (!is_one || is_empty(folder_.get(), name)) continue;
    return damaged(place_.folder + '/' + name + " is there, but " + manifest_name() +
                   ", which says what is to be loaded, is not: put it back, or move the files "
                   "away to begin anew");
  }
  return Done{};
}

// Before there were several files there was one, beside the directory: it becomes the base.
Status AppendOnlyFile::take_over_old_file() {
  if (!exists(parent_.get(), place_.prefix)) return Done{};
  manifest_ = Manifest{};
  manifest_.base = Manifest::File{place_.prefix, 1};
  if (auto written = write_manifest(); !written) return written;
  if (renameat(parent_.get(), place_.prefix.c_str(), folder_.get(), place_.prefix.c_str()) < 0) {
    return system_error(place_.prefix + " can not be moved to " + place_.folder, errno);
  }
  if (auto synced = sync_directory(folder_.get()); !synced) return synced;
  return sync_directory(parent_.get());
}

Status AppendOnlyFile::write_manifest(const Manifest& manifest) {
  return replace_file(folder_.get(), manifest_name(), manifest.text());
}

Status AppendOnlyFile::ensure_manifest() {
  Status written = write_manifest();
  if (written || !is_full(written.error())) return written;
  bool found = false;
  const auto text = read_file(folder_.get(), manifest_name(), found);
  if (!text || !found || *text != manifest_.text()) return written;
  return sync_directory(folder_.get());
}

// A crash may have cut short the last increment that has anything in it, or a base of commands
// alone.
Status AppendOnlyFile::load(const Progress& progress) {
  const uint64_t bytes = bytes_to_load();
  const Progress nobody;
  ReadProgress told(bytes == 0 ? nobody : progress, bytes);
  if (!told.tell(0)) return cancelled();
  if (manifest_.base) {
    if (auto loaded = load_file(*manifest_.base, manifest_.increments.empty(), told); !loaded) {
      return loaded;
    }
  }
  size_t last = manifest_.increments.size();
  while (last > 1 && is_empty(folder_.get(), manifest_.increments[last - 1].name)) --last;
  base_size_ = older_size_;
  for (size_t i = 0; i < manifest_.increments.size(); ++i) {
    if (auto loaded = load_file(manifest_.increments[i], i + 1 >= last, told); !loaded)
      return loaded;
  }
  if (!manifest_.base) base_size_ = older_size_;
  return Done{};
}

// As far as that can be told.
uint64_t AppendOnlyFile::bytes_to_load() noexcept {
  uint64_t bytes = 0;
  const auto add = [&](const Manifest::File& file) {
    struct statx status {};
    if (statx(folder_.get(), file.name.c_str(), 0, STATX_SIZE, &status) == 0)
      bytes += status.stx_size;
  };
  if (manifest_.base) add(*manifest_.base);
  for (const Manifest::File& increment : manifest_.increments) add(increment);
  return bytes;
}

Status AppendOnlyFile::load_file(const Manifest::File& file, bool may_be_last,
                                 ReadProgress& progress) {
  auto opened = open_to_read(folder_.get(), file.name);
  if (!opened) {
    const Error& error = opened.error();
    if (error.kind != Error::Kind::kSystem) return error;
    return system_error(place_.folder + '/' + file.name +
                            ", which the manifest names, can not be opened; nothing was changed",
                        error.code);
  }
  auto size = size_of_file(opened->get(), file.name);
  if (!size) return size.error();
  if (*size == 0) return Done{};
  uint64_t position = 0;
  if (begins_with_data(opened->get())) {
    if (older_size_ != 0) {
      return damaged(
          place_.folder + '/' + file.name +
          ": it has all data, which belongs into the first file that the manifest names");
    }
    if (auto read = load_base(runtime_, opened->get(), file.name, position, &progress); !read) {
      return read;
    }
    if (lseek(opened->get(), static_cast<off_t>(position), SEEK_SET) < 0) {
      return system_error(file.name + " can not be read", errno);
    }
  }
  const bool may_be_cut =
      may_be_last && runtime_.settings().append_load_truncated.load(std::memory_order_relaxed);
  AofLoader loader(runtime_);
  auto loaded = loader.load(opened->get(), position, file.name, may_be_cut,
                            loading_threads(*size - position), &progress);
  if (!loaded) return loaded.error();
  if (!progress.tell(*size)) return cancelled();
  progress.end_file(*size);
  older_size_ += loaded->whole;
  if (loaded->open_group) {
    if (auto voided = make_void(file.name, *loaded->open_group); !voided) return voided;
  }
  if (loaded->whole != *size) {
    return cut(file.name, loaded->whole, *size, loaded->ends_in_it);
  }
  // It may be shown, and a host that was killed may have left it with the kernel alone. The last
  // increment is synced when it is appended to.
  const bool is_last =
      !manifest_.increments.empty() && file.name == manifest_.increments.back().name;
  if (!is_last && fdatasync(opened->get()) < 0) {
    return system_error(file.name + " can not be synced", errno);
  }
  return Done{};
}

// What is appended does not belong to the group that the line tells of.
Status AppendOnlyFile::make_void(const std::string& name, uint64_t line) {
  const Descriptor opened(openat(folder_.get(), name.c_str(), O_RDWR | O_CLOEXEC));
  if (!opened) return system_error(name + " can not be opened", errno);
  constexpr Bytes kVoid = SumLine::kVoid;
  ssize_t put = 0;
  do {
    put = pwrite(opened.get(), kVoid.data(), kVoid.size(), static_cast<off_t>(line));
  } while (put < 0 && errno == EINTR);
  if (put < 0) return system_error(name + " can not be written", errno);
  if (fsync(opened.get()) < 0) return system_error(name + " can not be synced", errno);
  return Done{};
}

// What is cut off is kept beside the file, under a name that says from where. Without room for that
// it goes, if nothing but the beginning of what was not written whole is lost with it: a disk that
// is full leaves such a one.
Status AppendOnlyFile::cut(const std::string& name, uint64_t whole, uint64_t size,
                           bool ends_in_it) {
  const Descriptor opened(openat(folder_.get(), name.c_str(), O_RDWR | O_CLOEXEC));
  if (!opened) return system_error(name + " can not be opened", errno);
  std::string buffer;
  const auto rest = read_at(opened.get(), whole, size - whole, buffer);
  if (!rest) return system_error(name + " can not be read", rest.error().code);
  const std::string at = name + ".cut-at-" + std::to_string(whole);
  std::string kept = at;
  for (int before = 2; exists(folder_.get(), kept); ++before)
    kept = at + '.' + std::to_string(before);
  if (auto written = replace_file(folder_.get(), kept, *rest);
      !written && !(ends_in_it && is_full(written.error()))) {
    return written;
  }
  if (ftruncate(opened.get(), static_cast<off_t>(whole)) < 0) {
    return system_error(name + " can not be cut", errno);
  }
  if (fsync(opened.get()) < 0) return system_error(name + " can not be synced", errno);
  return Done{};
}

uint64_t AppendOnlyFile::unused_base() {
  uint64_t number = std::max(base_used_, manifest_.base ? manifest_.base->sequence : 0);
  do {
    ++number;
  } while (manifest_.names(Manifest::name_of_base(place_.prefix, number)));
  return base_used_ = number;
}

uint64_t AppendOnlyFile::unused_increment() {
  uint64_t number = std::max(increment_used_, manifest_.last_increment());
  std::string name;
  do {
    name = Manifest::name_of_increment(place_.prefix, ++number);
  } while (manifest_.names(name) ||
           (exists(folder_.get(), name) && !is_empty(folder_.get(), name)));
  return increment_used_ = number;
}

Status AppendOnlyFile::begin_logging() {
  if (manifest_.increments.empty()) {
    const uint64_t number = unused_increment();
    manifest_.increments.push_back({Manifest::name_of_increment(place_.prefix, number), number});
  }
  const std::string& name = manifest_.increments.back().name;
  auto opened = open_to_append(folder_.get(), name);
  if (!opened) return opened.error();
  if (auto written = ensure_manifest(); !written) return written;
  // As in load_file().
  if (fdatasync(opened->get()) < 0) return system_error(name + " can not be synced", errno);
  auto size = size_of_file(opened->get(), name);
  if (!size) return size.error();
  older_size_ -= std::min(older_size_, *size);
  log_ = std::make_unique<WriteLog>(kLogMax);
  auto file = std::make_unique<LogFile>(runtime_, *log_);
  log_->set_fenced(runtime_.settings().append_fsync.load() == Fsync::kAlways);
  log_->set_on_safe(on_safe_);
  file->set_on_step([this] { consider_rewrite(); });
  if (!file->start({std::move(*opened), name, *size, 0})) {
    return Error{Error::Kind::kSystem, "no thread could be started to write the append-only file",
                 errno};
  }
  remove_history();
  Turn turn(runtime_);
  turn.hold_all();
  runtime_.set_log(log_.get());
  std::lock_guard guard(mutex_);
  file_ = std::move(file);
  enabled_ = wanted_ = true;
  return Done{};
}

void AppendOnlyFile::settings_changed() noexcept {
  std::lock_guard guard(mutex_);
  if (!enabled_) return;
  log_->set_fenced(runtime_.settings().append_fsync.load() == Fsync::kAlways);
  log_->hurry();
}

void AppendOnlyFile::stop() noexcept {
  std::thread job;
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    cancelled_.store(true);
    job = std::move(job_);
  }
  if (job.joinable()) job.join();
  (void)turn_off();
}

AppendOnly::State AppendOnlyFile::state() noexcept {
  State state;
  std::lock_guard guard(mutex_);
  state.enabled = enabled_;
  state.rewriting = job_runs_ || (enabled_ && file_->about_to_change());
  state.last_rewrite_ok = last_rewrite_ok_;
  state.last_rewrite_s = last_rewrite_s_;
  state.rewrites = rewrites_;
  if (!enabled_) return state;
  state.current_size = older_size_ + file_->file_size();
  state.base_size = base_size_;
  state.last_write_ok = !file_->failing();
  state.waiting_bytes = log_->end() - log_->consumed();
  return state;
}

}  // namespace kevy
