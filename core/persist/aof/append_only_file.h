// AppendOnlyFile: an instance's append-only file in Redis' own layout: a directory with a manifest, a
// base and increments. Loads it on start, has the write log written to its last increment from then
// on, and holds the directory so that no other instance does the same. When it has grown, or is told
// to, it makes a new base of the data as they are, which takes the place of all that came before.
//
// A new base is made by a thread of its own, one at a time, of one moment (moment_view.h), from which
// on the stream goes to a new increment. The manifest says at each step what is needed: a new
// increment is in it before anything is written to that, and a new base once it is on disk; what is
// not needed any more is removed after that.
//
// No name of a file is used twice, since after a failure it is not known which manifest a crash would
// leave: what it names stays as it was until another one is on disk.
//
// start() and stop() by the instance; the rest by any thread, whatever shards it holds.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/condition.h"
#include "base/result.h"
#include "base/socket.h"
#include "persist/aof/log_file.h"
#include "persist/aof/manifest.h"
#include "persist/load/progress.h"
#include "persist/snapshot/moment_view.h"
#include "runtime/persistence/append_only.h"
#include "runtime/persistence/library_codes.h"
#include "runtime/runtime.h"

namespace kevy {

/// Where the files are.
struct AppendOnlyPlace {
  std::string directory;                  // dir
  std::string folder = "appendonlydir";   // appenddirname
  std::string prefix = "appendonly.aof";  // appendfilename
};

class AppendOnlyFile final : public AppendOnly {
 public:
  AppendOnlyFile(Runtime& runtime, const LibraryCodes& libraries)
      : runtime_(runtime), libraries_(libraries) {}
  ~AppendOnlyFile() override { stop(); }
  AppendOnlyFile(const AppendOnlyFile&) = delete;
  AppendOnlyFile& operator=(const AppendOnlyFile&) = delete;

  /// Where it is to be; `on_safe` is called whenever more is on disk, by the file's own thread. Before
  /// all else.
  void set_place(const AppendOnlyPlace& place, std::function<void()> on_safe) {
    place_ = place;
    on_safe_ = std::move(on_safe);
  }
  /// Loads what is there, which `progress` is told of if there is anything, and begins to log. Before
  /// anyone else changes data. An error says what is wrong and what to do; then nothing that is on disk was
  /// changed.
  Status start(const Progress& progress);
  /// appendfsync may have changed.
  void settings_changed() noexcept;
  /// CONFIG SET appendonly: begins to turn it on, with a new base, or off, once what is under way is
  /// done. What is wrong, or nothing.
  std::optional<std::string> turn(bool on);
  /// Whether it is on, or is to be; off again where it could not be turned on.
  bool wanted() noexcept {
    std::lock_guard guard(mutex_);
    return wanted_;
  }
  /// Nothing more is logged; what was is written and synced. Takes all shards.
  void stop() noexcept;

  State state() noexcept override;
  std::optional<std::string> rewrite() override;
  Status replace(Replacement& data) override;

 private:
  /// By how much the disk may be behind.
  static constexpr size_t kLogMax = size_t{64} << 20;

  /// A new base and the increment behind it, on their way.
  struct Successor {
    Manifest::File base;
    Descriptor base_file;
    Manifest::File increment;
    Descriptor increment_file;
    std::string name_aside() const { return "temp-" + base.name; }
  };

  Status lock();
  void unlock() noexcept;
  Status load(const Progress& progress);
  Status load_file(const Manifest::File& file, bool may_be_last, ReadProgress& progress);
  uint64_t bytes_to_load() noexcept;
  /// `ends_in_it`: what is cut off is all of one command or group that the file ends in.
  Status cut(const std::string& name, uint64_t whole, uint64_t size, bool ends_in_it);
  Status make_void(const std::string& name, uint64_t line);
  Status read_manifest(bool& found);
  Status take_over_old_file();
  Status refuse_unnamed_files();
  Status write_manifest(const Manifest& manifest);
  Status write_manifest() { return write_manifest(manifest_); }
  /// Writes it, or leaves the one that is there where a disk that is full has no room for another
  /// and that says the same.
  Status ensure_manifest();
  Status begin_logging();
  uint64_t unused_base();
  uint64_t unused_increment();

  // Jobs: what the thread of its own does.
  using Job = Status (AppendOnlyFile::*)();
  bool begin_job(Job job);
  void run_jobs(Job job) noexcept;
  bool run_job(Job job) noexcept;
  void note_job(bool done, int64_t begin_us) noexcept;
  class JobOfCaller;
  Status replace_in_memory(Replacement& data);
  Status replace_with_base(Replacement& data);
  Status put_with_base(Replacement& data, Successor& next);
  void consider_rewrite() noexcept;
  Result<Successor> prepare();
  Status install(Successor& next);
  void remove_history() noexcept;
  Status rewrite_now();
  Status write_base_of(MomentView& view, const std::vector<std::string>& codes,
                       const Successor& next) noexcept;
  Status turn_as_wanted();
  Status turn_on();
  Status begin_turned_on(Successor& next);
  Status turn_off();
  std::string manifest_name() const { return place_.prefix + ".manifest"; }

  Runtime& runtime_;
  const LibraryCodes& libraries_;
  AppendOnlyPlace place_;
  std::function<void()> on_safe_;
  Descriptor parent_;
  Descriptor folder_;
  Socket lock_;  // the folder once more, locked; not in a child of fork(), which would hold it on
  std::unique_ptr<WriteLog> log_;
  // Of the job that runs, or of who starts.
  Manifest manifest_;
  uint64_t base_used_ = 0, increment_used_ = 0;  // the highest numbers in names so far

  std::atomic<bool> cancelled_{false};  // no base is to be made any more

  std::mutex mutex_;  // guards what follows; the last lock to be taken
  std::unique_ptr<LogFile> file_;
  bool enabled_ = false;
  bool wanted_ = false;
  uint64_t older_size_ = 0;  // of all files but the last increment
  uint64_t base_size_ = 0;   // of all files when there was a base made, or at the start
  bool job_runs_ = false;
  std::thread::id caller_;  // whose the job is that a thread of somebody else's does
  Condition job_ended_;
  bool stopping_ = false;
  std::thread job_;
  bool last_rewrite_ok_ = true;
  int64_t last_rewrite_s_ = -1;
  uint64_t rewrites_ = 0;
  // After failures the next automatic one waits, longer each time.
  int failures_ = 0;
  int64_t not_before_us_ = 0;
};

}  // namespace kevy
