// Logging: sees to it that a unit is in the write log when the step that made it ends, however it
// ends. Made once the step's shards are held or are about to be, and ends while they still are.
#pragma once

#include "runtime/dispatch/turn.h"
#include "runtime/mutation/write_log.h"

namespace kevy {

class Logging {
 public:
  Logging(Turn& turn, WriteLog& log, Unit& unit) noexcept : turn_(turn), log_(log), unit_(unit) {}
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;
  ~Logging() {
    if (!unit_.empty()) turn_.note_logged(log_.append(unit_));
  }

 private:
  Turn& turn_;
  WriteLog& log_;
  Unit& unit_;
};

}  // namespace kevy
