// Snapshots: what the verbs ask of whoever writes all keys to a file and reads them back: SAVE, BGSAVE,
// LASTSAVE, DEBUG RELOAD, INFO. The instance gives it to the runtime before the first command.
//
// Any thread may call any method. Those that are given a turn need it to hold all shards, and hold them
// while the file is written or read. The one in the background holds them for a moment, which is what
// it is of.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace kevy {

class Turn;

class Snapshots {
 public:
  struct State {
    bool in_progress = false;      // in the background
    bool last_ok = true;           // of those in the background
    int64_t last_save_s = 0;       // when one was last made, or the instance was started
    int64_t last_duration_s = -1;  // of the last one in the background
    int64_t duration_s = -1;       // of the one in progress, so far
    uint64_t keys = 0;             // of the one in progress
    uint64_t keys_done = 0;        // how many of them it has come to
    uint64_t kept_bytes = 0;       // what it had to copy since it was about to change
    uint64_t last_kept_bytes = 0;  // the same of the last one in the background
    uint64_t saves = 0;
    uint64_t changes_saved = 0;  // of Runtime::changes(), what the last one has
    int64_t last_begun_s = 0;    // when the last one in the background was begun
    uint64_t keys_loaded = 0;   // with the last file that was read
    uint64_t keys_expired = 0;  // that were not taken from it, since their time was over
  };
  /// How a file that is read meets the keys that are there.
  enum class Meeting : uint8_t {
    kAlone,   // there are to be none: all that there are go first
    kBeside,  // one that is there already is an error
    kOver,    // takes the place of one that is there
  };

  virtual ~Snapshots() = default;
  virtual Status save(Turn& turn) = 0;
  virtual Status save_in_background() = 0;
  /// Whether there was one to cancel. It ends soon.
  virtual bool cancel() = 0;
  /// All keys are gone: what is written in the background has no use any more, and, with `saves`, a file
  /// without keys takes the place of the one that there is. Takes place whatever else writes.
  virtual Status flushed(Turn& turn, bool saves) = 0;
  /// Reads the file. It is read twice, so that nothing goes for a file that is damaged.
  virtual Status load(Turn& turn, Meeting meeting) = 0;
  virtual State state() = 0;
};

}  // namespace kevy
