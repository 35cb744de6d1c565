// AppendOnly: what commands may ask of the append-only file, which they do not know. The instance
// gives it to the runtime before the first command; without one nothing is written to any disk.
//
// Any thread may call any method. Those that begin something return at once,
// but for replace().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace kevy {

class Turn;

class AppendOnly {
 public:
  struct State {
    bool enabled = false;
    uint64_t current_size = 0;  // of base and increments
    uint64_t base_size = 0;     // when the base was made
    bool last_write_ok = true;
    bool rewriting = false;
    bool rewrite_scheduled = false;
    bool last_rewrite_ok = true;
    int64_t last_rewrite_s = -1;
    uint64_t rewrites = 0;
    uint64_t waiting_bytes = 0;  // not written yet
    uint64_t delayed_syncs = 0;
  };
  /// Other data that are to take the place of all that there are.
  class Replacement {
   public:
    virtual ~Replacement() = default;
    /// Makes them ready. `base`: the file that they are to be written to as the base of an
    /// append-only one, or -1. No shard is held.
    virtual Status prepare(int base) = 0;
    /// Takes all shards, what memory put() needs, and does what else may fail; where it does,
    /// nothing has changed. Throws std::bad_alloc.
    virtual Status make_ready(Turn& turn) = 0;
    /// Has them be the data. With all shards held since make_ready().
    virtual void put(Turn& all) noexcept = 0;
    /// They are not to be, after make_ready(), which is undone.
    virtual void give_up(Turn& turn) noexcept = 0;
  };
  virtual ~AppendOnly() = default;
  virtual State state() noexcept = 0;
  /// BGREWRITEAOF. What is wrong, or nothing.
  virtual std::optional<std::string> rewrite() = 0;
  /// Has all data replaced, in one step, of which a crash leaves nothing or all. Waits for what
  /// else is done to the file. By who holds nothing. Throws std::bad_alloc.
  virtual Status replace(Replacement& data) = 0;
};

}  // namespace kevy
