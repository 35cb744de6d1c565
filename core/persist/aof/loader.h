// Loading: has the commands of an append-only file take effect, through dispatch as any client's.
//
// What stands in a group of kevy's (sum_line.h) has an effect only if all of the group is what was
// written. Where it is not, that is
// - damage, an error, where a line behind it says that it was on disk, or where all of it is there
//   and no part of it that is a sector's is zeros, as after a loss of power;
// - otherwise what a crash has left: cut off from the group's line on, if the file `may_be_cut`.
// A file that ends within a group, but behind a whole unit, was cut by someone (redis-check-aof, or
// a server that has loaded it and may have appended since), or by a crash that happened to: it is
// loaded as it is, and its line is made void. What stands in no group, as Redis, Valkey and kevy
// without checksums write it, is read as it is: where a command is none the file is cut if a crash
// may have left that.
//
// Only what changes data is run, or belongs to that: nothing that acts on a connection or on the
// instance, and nothing that waits. Its commands have a clock that stands still before all times to
// live, so that what expired meanwhile goes where the file says so, and not earlier. Nobody else
// changes the data yet, nor does anything expire.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "persist/aof/command_batches.h"
#include "persist/aof/command_reader.h"
#include "persist/aof/replies.h"
#include "persist/load/progress.h"
#include "runtime/runtime.h"

namespace kevy {

class AofLoader {
 public:
  /// Throws std::bad_alloc, as all of it.
  explicit AofLoader(Runtime& runtime);
  ~AofLoader();
  AofLoader(const AofLoader&) = delete;
  AofLoader& operator=(const AofLoader&) = delete;

  struct Loaded {
    uint64_t whole = 0;       // bytes that hold whole units; the rest is to be cut off
    bool ends_in_it = false;  // all of the rest is of one command, transaction or group
    uint64_t commands = 0;
    std::optional<uint64_t> open_group;  // where the line of one stands that goes beyond `whole`
  };
  /// Runs what is in the file from `position` on, where it stands. What a crash has left at its
  /// end, a unit that is not whole, is no error if it `may_be_cut`. An error says where, and what
  /// to do. `threads`: how many run them, as far as they can be started. `progress`: who is told,
  /// or nullptr.
  Result<Loaded> load(int file, uint64_t position, const std::string& name, bool may_be_cut,
                      unsigned threads, ReadProgress* progress = nullptr);

 private:
  /// Runs a command, or has it run behind those before it.
  std::optional<LoadFailure> apply(Turn& turn, Args words, uint64_t begin, CommandBatches& batches,
                                   LoadReplies& replies);
  /// What is wrong with a command, which was run; nothing: it is right.
  std::string run(Turn& turn, const CommandRow* row, Args words, LoadReplies& replies);
  Error not_applied(const std::string& name, const LoadFailure& failure) const;
  Error at_byte(const std::string& name, uint64_t byte, const std::string& what) const;
  Result<Loaded> end(CommandReader& reader, CommandReader::Outcome outcome, int file,
                     const std::string& name, bool may_be_cut, Loaded loaded);
  /// What is wrong with what is there instead of a unit; nothing: a crash has left it.
  std::optional<Error> end_in_unit(CommandReader& reader, CommandReader::Outcome outcome, int file,
                                   const std::string& name, bool may_be_cut);
  Result<Loaded> end_in_group(CommandReader& reader, CommandReader::Outcome outcome, int file,
                              const std::string& name, bool may_be_cut, const Loaded& loaded);

  Runtime& runtime_;
  Clock clock_;
  const std::shared_ptr<Session> session_;
};

}  // namespace kevy
