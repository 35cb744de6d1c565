#include "persist/snapshot/snapshot_files.h"

#include <cerrno>

#include "base/c_locale.h"
#include "base/thread.h"
#include "persist/load/read_keys.h"
#include "persist/load/staged_keys.h"
#include "persist/rdb/limits.h"
#include "persist/snapshot/file_source.h"
#include "persist/snapshot/new_file.h"

namespace kevy {

namespace {

Error no_directory() {
  return {Error::Kind::kInvalid, "there is no directory for snapshots: start with `dir`"};
}

// As Valkey answers it.
constexpr Bytes kRefusal =
    "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to "
    "disk. Commands that may modify the data set are disabled, because this instance is configured "
    "to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error "
    "option). "
    "Please check the Valkey logs for details about the RDB error.";

// Short enough to lie in the string itself, for there is no memory.
Error no_memory() { return {Error::Kind::kNoMemory, "out of memory"}; }

}  // namespace

void SnapshotFiles::set_place(std::string directory, std::string name) {
  directory_ = std::move(directory);
  name_ = std::move(name);
  state_.last_save_s = runtime_.clock().now_ms() / 1000;
}

Status SnapshotFiles::read_at_start(const Progress& progress,
                                    std::vector<std::string>& libraries) {
  if (directory_.empty()) return Done{};
  const uint64_t size = size_of_file(directory_ + '/' + name_);
  ReadProgress told(progress, size);
  StagedKeys keys(runtime_, size);
  const Result<bool> read = read_file([&](RdbSource& source) -> std::optional<LoadFailure> {
    ToldSource told_source(source, told);
    RdbReader reader(told_source);
    if (!told.tell(0)) return std::nullopt;
    return read_keys(runtime_, reader, keys, rdb_limits(runtime_.settings()),
                     loading_threads(size));
  });
  if (told.stopped()) return cancelled();
  if (!read) return read.error();
  libraries = keys.codes();
  Turn all(runtime_);
  all.hold_all();
  keys.make_room(all);
  keys.begin_with(all);
  std::lock_guard guard(mutex_);
  state_.keys_loaded = keys.taken();
  state_.keys_expired = keys.expired();
  return Done{};
}

void SnapshotFiles::note_all_loaded() noexcept {
  const uint64_t changes = runtime_.changes();
  std::lock_guard guard(mutex_);
  state_.changes_saved = changes;
}

void SnapshotFiles::stop() noexcept {
  std::thread thread;
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    const std::lock_guard naming(naming_);
    cancelled_.store(true);
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void SnapshotFiles::settings_changed() noexcept {
  std::lock_guard guard(mutex_);
  update_refusal();
}

void SnapshotFiles::update_refusal() noexcept {
  const Settings& settings = runtime_.settings();
  if (!state_.last_ok && settings.save_rules.load(std::memory_order_relaxed) &&
      settings.stop_writes_on_save_error.load(std::memory_order_relaxed)) {
    static_assert(kRefusal.size() <= Runtime::kRefusalMax);
    runtime_.refuse_writes(Runtime::Refusal::kSnapshot, kRefusal);
  } else {
    runtime_.allow_writes(Runtime::Refusal::kSnapshot);
  }
}

// One at a time.
Status SnapshotFiles::begin() {
  if (directory_.empty()) return no_directory();
  std::lock_guard guard(mutex_);
  if (busy_ || stopping_) {
    return Error{Error::Kind::kState, "Background save already in progress"};
  }
  busy_ = true;
  cancelled_.store(false);
  began_ = Steady::now();
  return Done{};
}

void SnapshotFiles::end(const Status& outcome, bool in_background) noexcept {
  using std::chrono::duration_cast;
  std::lock_guard guard(mutex_);
  busy_ = false;
  if (outcome) {
    ++state_.saves;
    note_made();
  }
  if (!in_background) {
    if (outcome) state_.last_ok = true;
    update_refusal();
    return;
  }
  state_.in_progress = false;
  const bool cancelled = !outcome && outcome.error().code == ECANCELED;
  if (!cancelled) state_.last_ok = outcome.ok();
  update_refusal();
  state_.last_duration_s = duration_cast<std::chrono::seconds>(Steady::now() - began_).count();
}

void SnapshotFiles::note_made() noexcept {
  state_.changes_saved = changes_;
  state_.last_save_s = runtime_.clock().now_ms() / 1000;
}

void SnapshotFiles::set_changes(uint64_t changes) noexcept {
  std::lock_guard guard(mutex_);
  changes_ = changes;
}

// With the turn's shards, or of one moment, for which all are held.
Status SnapshotFiles::write_file(Turn* turn) {
  NewFile file(directory_, name_, turn == nullptr ? &cancelled_ : nullptr, &naming_);
  if (Status opened = file.open(); !opened) return opened;
  const Settings& settings = runtime_.settings();
  RdbFileWriter writer(file, {settings.rdb_compression.load(std::memory_order_relaxed),
                              settings.rdb_checksum.load(std::memory_order_relaxed)});
  if (turn != nullptr) {
    set_changes(runtime_.changes(*turn));
    if (!write_all_keys(runtime_, RdbPurpose::kSnapshot, libraries_.library_codes(), writer)) {
      return file.error();
    }
  } else if (Status written = write_moment_of_now(writer, file); !written) {
    return written;
  }
  return file.commit();
}

Status SnapshotFiles::write_moment_of_now(RdbFileWriter& writer, const NewFile& file) {
  MomentView view(runtime_);
  const Shown shown(*this, view);
  std::vector<std::string> codes;
  {
    Turn all(runtime_);
    all.hold_all();
    codes = libraries_.library_codes();
    view.open(all);
    set_changes(runtime_.changes(all));
  }
  const bool written =
      write_moment(runtime_, RdbPurpose::kSnapshot, view, codes, writer, cancelled_);
  if (written) return Done{};
  if (view.failed()) return no_memory();
  if (cancelled_.load()) return Error{Error::Kind::kState, "it was cancelled", ECANCELED};
  return file.error();
}

SnapshotFiles::Shown::Shown(SnapshotFiles& files, MomentView& view) noexcept : files_(files) {
  std::lock_guard guard(files_.mutex_);
  files_.view_ = &view;
}

// What it has come to is told on.
SnapshotFiles::Shown::~Shown() {
  std::lock_guard guard(files_.mutex_);
  files_.state_.last_kept_bytes = files_.view_->progress().kept_bytes;
  files_.view_ = nullptr;
}

Status SnapshotFiles::write(Turn* turn) noexcept {
  try {
    return write_file(turn);
  } catch (const std::bad_alloc&) {
    return no_memory();
  }
}

Status SnapshotFiles::save(Turn& turn) {
  if (Status begun = begin(); !begun) return begun;
  Status outcome = write(&turn);
  end(outcome, false);
  return outcome;
}

Status SnapshotFiles::save_at_the_end() noexcept {
  if (directory_.empty()) return no_directory();
  Turn all(runtime_);
  all.hold_all();
  Status outcome = write(&all);
  end(outcome, false);
  return outcome;
}

Status SnapshotFiles::save_in_background() {
  if (Status begun = begin(); !begun) return begun;
  int code = 0;
  {
    std::lock_guard guard(mutex_);
    state_.in_progress = true;
    state_.last_begun_s = runtime_.clock().now_ms() / 1000;
    if (thread_.joinable()) thread_.join();  // that of an earlier one, which has ended
    if (!stopping_) thread_ = start_thread([this] { end(write(nullptr), true); });
    if (thread_.joinable()) return Done{};
    code = stopping_ ? ECANCELED : errno;
  }
  end(Error{Error::Kind::kSystem, {}, code}, true);  // before there may be no memory for a text
  return Error{Error::Kind::kSystem, std::string("no thread: ") + error_text(code), code};
}

bool SnapshotFiles::cancel() {
  std::lock_guard guard(mutex_);
  if (!state_.in_progress) return false;
  const std::lock_guard naming(naming_);
  cancelled_.store(true);
  return true;
}

// One in the background may go on for a while, in a file of its own that gets no name. As the references
// count, this one is none of the saves.
Status SnapshotFiles::flushed(Turn& turn, bool saves) {
  cancel();
  if (!saves || directory_.empty()) return Done{};
  Status outcome = write(&turn);
  std::lock_guard guard(mutex_);
  if (!outcome) return outcome;
  note_made();
  state_.last_ok = true;
  update_refusal();
  return outcome;
}

Result<bool> SnapshotFiles::read_file(const Read& read) const {
  FileSource source(directory_ + '/' + name_);
  Result<bool> opened = source.open();
  if (!opened || !*opened) return opened;
  const std::optional<LoadFailure> failure = read(source);
  if (!failure) return true;
  if (source.code() != 0) return source.error();
  return Error{Error::Kind::kInvalid, source.path() + ": " + failure->error.message};
}

Status SnapshotFiles::read_all(Meeting meeting) {
  const uint64_t size = size_of_file(directory_ + '/' + name_);
  KeyTaker taker(runtime_, meeting == Meeting::kOver, size);
  const Result<bool> read = read_file([&](RdbSource& source) {
    RdbReader reader(source);
    return read_keys(runtime_, reader, taker, rdb_limits(runtime_.settings()), loading_threads(size));
  });
  std::lock_guard guard(mutex_);
  state_.keys_loaded = taker.taken();
  state_.keys_expired = taker.expired();
  if (!read) return read.error();
  return Done{};
}

Status SnapshotFiles::load(Turn&, Meeting meeting) {
  if (directory_.empty()) return no_directory();
  KeyChecker checker(runtime_.database_count());
  const Result<bool> right = read_file([&](RdbSource& source) -> std::optional<LoadFailure> {
    RdbReader reader(source);
    const Status read = read_rdb(reader, checker, rdb_limits(runtime_.settings()));
    if (read) return std::nullopt;
    return LoadFailure{read.error(), reader.offset()};
  });
  if (!right) return right.error();
  if (!*right)
    return Error{Error::Kind::kState, directory_ + '/' + name_ + ": there is no such file"};
  if (meeting == Meeting::kAlone) {
    for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
      Shard& shard = runtime_.shard(i);
      shard.databases.for_each(
          [&](size_t database, Keyspace&) { shard.garbage.add(shard.databases.take(database)); });
    }
  }
  return read_all(meeting);  // the libraries of functions are there still
}

Snapshots::State SnapshotFiles::state() {
  std::lock_guard guard(mutex_);
  State state = state_;
  if (state.in_progress) {
    state.duration_s =
        std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - began_).count();
  }
  if (view_ != nullptr) {
    const MomentView::Progress progress = view_->progress();
    state.keys = progress.keys;
    state.keys_done = progress.keys_done;
    state.kept_bytes = progress.kept_bytes;
  }
  return state;
}

}  // namespace kevy
