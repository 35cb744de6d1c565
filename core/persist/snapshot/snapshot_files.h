// SnapshotFiles: the snapshots of an instance, one file in a directory (DESIGN.md, section 8).
// Without a directory nothing is read or written, and who asks for it is told to give one.
//
// A snapshot holds all shards while it is encoded and handed to the system. One in the background
// is of one moment (moment_view.h), and made by a thread of its own while commands go on. Any
// thread; start() and stop() are the instance's.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "persist/load/batch_pool.h"
#include "persist/load/progress.h"
#include "persist/snapshot/all_keys.h"
#include "persist/snapshot/key_taker.h"
#include "persist/snapshot/new_file.h"
#include "runtime/persistence/library_codes.h"
#include "runtime/persistence/snapshots.h"

namespace kevy {

class SnapshotFiles final : public Snapshots {
 public:
  SnapshotFiles(Runtime& runtime, const LibraryCodes& libraries) noexcept
      : runtime_(runtime), libraries_(libraries) {}
  ~SnapshotFiles() override { stop(); }

  /// Before the first command: where the file is; without a directory there is none.
  void set_place(std::string directory, std::string name);
  /// Before anybody has a key: reads the file, if there is one, and has what it says be the data.
  /// The code of the libraries in it is put into `libraries`. Holds no shard while it reads.
  Status read_at_start(const Progress& progress, std::vector<std::string>& libraries);
  /// What there is by now came from the file: it is no change. Holds no shard.
  void note_all_loaded() noexcept;
  /// Whether writes are refused may have changed: after one in the background that failed they are
  /// while there are `save` rules, unless stop-writes-on-bgsave-error says no.
  void settings_changed() noexcept;
  /// Cancels what is in progress and waits for its end. Final.
  void stop() noexcept;
  /// SAVE once more, after stop().
  Status save_at_the_end() noexcept;

  Status save(Turn& turn) override;
  Status save_in_background() override;
  bool cancel() override;
  Status flushed(Turn& turn, bool saves) override;
  Status load(Turn& turn, Meeting meeting) override;
  State state() override;

 private:
  using Steady = std::chrono::steady_clock;

  /// While it is there state() tells how far the view has come.
  class Shown {
   public:
    Shown(SnapshotFiles& files, MomentView& view) noexcept;
    ~Shown();
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

   private:
    SnapshotFiles& files_;
  };

  Status begin();
  void end(const Status& outcome, bool in_background) noexcept;
  void note_made() noexcept;
  void set_changes(uint64_t changes) noexcept;
  void update_refusal() noexcept;
  Status write(Turn* turn) noexcept;
  Status write_file(Turn* turn);
  Status write_moment_of_now(RdbFileWriter& writer, const NewFile& file);
  /// Has all that is in the file read, or tell what is wrong; false: there is no file.
  using Read = std::function<std::optional<LoadFailure>(RdbSource& source)>;
  Result<bool> read_file(const Read& read) const;
  Status read_all(Meeting meeting);

  Runtime& runtime_;
  const LibraryCodes& libraries_;
  std::string directory_, name_;  // constant after start()

  // Held while the file gets its name, so that what was cancelled before does not get it after.
  std::mutex naming_;
  std::atomic<bool> cancelled_{false};  // set with naming_
  std::mutex mutex_;  // guards what follows
  std::thread thread_;
  bool busy_ = false;  // someone writes
  bool stopping_ = false;
  uint64_t changes_ = 0;  // of Runtime::changes(), what the one in progress has
  State state_;
  const MomentView* view_ = nullptr;  // of the one in progress
  Steady::time_point began_;
};

}  // namespace kevy
