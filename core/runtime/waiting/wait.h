// Wait: how a handler suspends its command, and what it waits for.
//
//     void blpop(Call& call) {
//       const auto deadline = deadline_argument(call, call.args.back());   // command/deadline.h
//       if (!deadline) return;
//       if (pops something) return;
//       if (!call.suspend({.keys = keys, .wanted = wanted(Type::kList), .deadline_us = *deadline}))
//       {
//         call.reply.null_array();
//       }
//     }
//
// suspend() is the last thing that the handler does. True: the session waits; the handler has
// written nothing, and changed nothing. It is run again, with the same words, as soon as one of the
// keys has been changed and then has what is wanted; if it suspends again the session goes on
// waiting, in its place and until the same deadline. False: the command may not wait where it is
// run (in EXEC, in a script), and the handler answers that there is nothing.
//
// The handler runs again at the end of the command, EXEC or script that changed the key, before any
// other session's command, on that command's thread, with the shards of all keys of its own row
// held. It gives its effects as a popping command would: it is logged as a unit of its own.
//
// Words that mean the present moment (XREAD's $) are given in `words` as what they mean.
//
// What a command waits for may also come by time alone: `look` has it run again at a moment, with
// all who wait for that key, in their order. Each time that it suspends again it names the next
// one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "store/entry.h"

namespace kevy {

class Migration;  // runtime/migration/migration.h

/// Under which states of a key the command is to be run again: a bit for each type that the key may
/// hold.
using WaitMask = uint32_t;

inline constexpr WaitMask kWantedNoKey = 1u << 31;  // that there is no such key
inline constexpr WaitMask kWantedAny = ~WaitMask{0};
inline constexpr WaitMask wanted(Type type) noexcept { return 1u << static_cast<unsigned>(type); }
/// The bit of what a key holds.
inline WaitMask state_of(const Entry* entry) noexcept {
  return entry == nullptr ? kWantedNoKey : wanted(entry->type());
}

/// The end of time: no timeout.
inline constexpr int64_t kNoDeadline = INT64_MAX;

/// When something may be there although nobody changes anything.
struct WaitLook {
  int64_t at_us = kNoDeadline;  // on the instance's clock; kNoDeadline: as far as is known never
  size_t key = 0;               // which of those that are waited for will have it
};

struct Wait {
  Args keys;  // those of the command's arguments that are waited for
  WaitMask wanted = 0;
  int64_t deadline_us = kNoDeadline;  // on the instance's clock
  Args words = {};                    // of the command when it is run again; empty: as they are
  std::optional<WaitLook> look = {};  // nothing: not in this run, nor in a later one
  /// Waits until the write log is on disk up to there; then the session runs the command anew. 0:
  /// it does not.
  uint64_t log_position = 0;
  /// Waits until these keys have been taken to another server, or could not be: then the command is
  /// run again, whatever came of it.
  std::shared_ptr<Migration> migration = nullptr;
};

}  // namespace kevy
