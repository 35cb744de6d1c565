// The write log's seam: what a keyspace went through, as one stream in a total order.
//
// An Effect is a command that, run on the same state, makes the same change whatever the time and
// chance: SPOP arrives as SREM, a relative time to live as a moment. A Unit is what took effect in
// one indivisible step: one command's effects, or all of an EXEC.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace kevy {

struct Effect {
  int database;
  std::vector<std::string> args;
};

using Unit = std::vector<Effect>;

class WriteLog {
 public:
  virtual ~WriteLog() = default;
  /// Called while the shards that the unit changed are locked, from any thread; the order of the
  /// calls is the order of the log, and an implementation numbers them under a lock of its own.
  /// Must not wait for the disk. The change was made and cannot be undone, so a log that cannot take
  /// the unit must say so where it is heard, and not go on as if it had.
  virtual void append(Unit unit) noexcept = 0;
};

}  // namespace kevy
