// LogFile: the thread that writes the write log's stream to the file that is being appended to,
// many units at a time, syncs it as appendfsync says, and tells the log how far it is safe.
//
// What it writes goes in groups of whole units, each with a line in front of it that has its
// checksum (sum_line.h). A group stays in memory until all of it is written, and where that fails
// the file is cut in front of it: so one that is not whole is in a file only where the process
// ended meanwhile. When the thread ends and all is on disk it says so in a line of its own.
//
// Always: what was written stays in memory until it is synced, so that after a failure, by which a
// kernel may forget what it had taken, all of it is written again. Otherwise it is gone from memory
// once the kernel has it; a sync that fails leaves a file that may not be whole, although a later
// one goes well: then a new base is to be made. While the disk fails, commands that write are
// refused, and the thread tries again ten times a second; nobody waits for it then.
//
// start() and stop() by the owner; status() and retarget() by any thread.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/descriptor.h"
#include "base/result.h"
#include "persist/aof/sum_line.h"
#include "runtime/runtime.h"

namespace kevy {

class LogFile {
 public:
  LogFile(Runtime& runtime, WriteLog& log) : runtime_(runtime), log_(log) {}
  ~LogFile() { stop(); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  struct Target {
    Descriptor file;
    std::string name;
    uint64_t size = 0;   // of which all is safe
    uint64_t begin = 0;  // the position of the stream that comes next
  };
  /// Begins to write. False when no thread could be started; errno says why.
  bool start(Target target);
  /// Writes and syncs what there is, as far as the disk lets it, and ends the thread. Nothing is
  /// appended any more.
  void stop() noexcept;
  /// From `target.begin` on the stream goes to another file; what comes before is written to the
  /// one before and synced. Not while it is about to change to the last one that was named: what
  /// belongs to that would stand nowhere.
  void retarget(Target target);
  /// Whether it has not changed to the file that was named last.
  bool about_to_change() const noexcept { return about_to_change_.load(); }

  /// Called after each time the thread has looked for something to write, by it. Before start().
  void set_on_step(std::function<void()> on_step) { on_step_ = std::move(on_step); }
  uint64_t file_size() const noexcept { return size_shown_.load(std::memory_order_relaxed); }
  /// How often something was written that a crash may have taken out of the file.
  uint64_t losses() const noexcept { return losses_.load(); }
  /// A base has what was lost up to then.
  void made_whole(uint64_t losses) noexcept { made_whole_.store(losses); }
  bool whole() const noexcept { return losses_.load() == made_whole_.load(); }
  bool failing() const noexcept { return failing_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kPieces = 64;
  static constexpr size_t kAtOnce = size_t{4} << 20;
  static constexpr size_t kGroupBytes = size_t{256} << 10;  // but for a unit that is larger

  void run() noexcept;
  void set_stamps() noexcept;
  bool spares_disk() const noexcept;
  bool step() noexcept;
  void sleep() noexcept;
  bool write_some(bool& more) noexcept;
  size_t begin_group(iovec* pieces) noexcept;
  size_t go_on_with_group(iovec* pieces) noexcept;
  bool in_group() const noexcept { return group_left_ != 0 || line_put_ != line_size_; }
  void note_written(size_t bytes) noexcept;
  void end_file() noexcept;
  void begin_file() noexcept;
  bool sync() noexcept;
  bool recover() noexcept;
  bool switch_file() noexcept;
  size_t limit(iovec* pieces, size_t count, uint64_t most) const noexcept;
  void fail(const char* what, int code) noexcept;
  void succeed() noexcept;
  bool sums() const noexcept {
    return runtime_.settings().append_checksums.load(std::memory_order_relaxed);
  }
  bool always() const noexcept {
    return runtime_.settings().append_fsync.load(std::memory_order_relaxed) == Fsync::kAlways;
  }
  uint64_t written() const noexcept { return log_.consumed() + ahead_; }
  std::optional<uint64_t> next_begin();

  Runtime& runtime_;
  WriteLog& log_;
  std::function<void()> on_step_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> failing_{false};
  std::atomic<uint64_t> size_shown_{0};
  std::atomic<uint64_t> losses_{0}, made_whole_{0};

  // Of the thread.
  Target current_;
  uint64_t file_size_ = 0;   // with what was written since it was synced
  uint64_t ahead_ = 0;       // bytes that were written and are still in the log
  uint64_t ahead_from_ = 0;  // the size of the file without these: what recover() cuts it to
  uint64_t sure_ = 0;        // bytes of the file that are surely on disk
  bool unsure_ = false;      // a sync has failed: those behind sure_ may not be there for ever
  uint64_t said_sure_ = 0;   // as the last line says
  bool dirty_ = false;       // something was written and not synced
  bool doubtful_ = false;    // a write or a sync has failed
  int64_t last_sync_us_ = 0;
  // The group that is being written: of its bytes and of its line.
  uint64_t group_left_ = 0;
  char line_[SumLine::kMax];
  size_t line_size_ = 0, line_put_ = 0;

  std::atomic<bool> about_to_change_{false};
  std::mutex next_mutex_;
  std::optional<Target> next_;  // guarded by it
};

}  // namespace kevy
