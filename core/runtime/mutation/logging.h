// Logging: sees to it that a unit is in the write log when the step that made it ends, however it
// ends. Made once the step's shards are held or are about to be, and ends while they still are.
#pragma once

#include "runtime/dispatch/turn.h"
#include "runtime/mutation/write_log.h"
#include "runtime/session/session.h"

namespace kevy {

class Logging {
 public:
  Logging(Turn& turn, Session& session, WriteLog& log, Unit& unit) noexcept
      : turn_(turn), session_(session), log_(log), unit_(unit) {}
  Logging(const Logging&) = delete;
  Logging& operator=(const Logging&) = delete;
  ~Logging() {
    if (unit_.empty()) return;
    const uint64_t position = log_.append(unit_);
    turn_.note_logged(position);
    if (!session_.stateless()) session_.written_to = position;
  }

 private:
  Turn& turn_;
  Session& session_;
  WriteLog& log_;
  Unit& unit_;
};

}  // namespace kevy
