#include "persist/aof/loader.h"

#include <algorithm>
#include <iterator>

#include "persist/aof/command_batches.h"
#include "persist/aof/command_reader.h"
#include "persist/aof/files.h"
#include "persist/aof/groups.h"
#include "persist/aof/replies.h"
#include "runtime/dispatch/load_time.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

namespace {

// Whether the command has a place in an append-only file. SELECT, MULTI and their like act on a
// connection, but say what other commands mean.
bool has_a_place(const CommandTable& table, const CommandRow& row) {
  constexpr Bytes kBrackets[] = {"select", "multi", "exec", "discard", "watch", "unwatch"};
  if (row.has(kWrite | kMayReplicate) || !row.has(kAdmin | kNoScript | kNeedsSession)) return true;
  if (std::find(std::begin(kBrackets), std::end(kBrackets), row.name) != std::end(kBrackets)) {
    return true;
  }
  const CommandRow* const parent = table.parent(row);  // Redis before 7 kept scripts so
  return parent != nullptr && parent->name == "script" &&
         (row.name == "load" || row.name == "flush");
}

// What can be done where the sum is wrong of what begins at the byte.
std::string ways_out(uint64_t byte) {
  return "; make a copy of the directory, then put a copy of the file from before in its place, or "
         "start with aof-checksums no, which loads what is there, and run BGREWRITEAOF, or give up "
         "what stands from there on with truncate -s " +
         std::to_string(byte) + " FILE";
}

}  // namespace

AofLoader::AofLoader(Runtime& runtime)
    : runtime_(runtime), session_(runtime.open_unlisted_session()) {
  freeze_before_all(clock_);
}

AofLoader::~AofLoader() { runtime_.close_session(*session_); }

Error AofLoader::at_byte(const std::string& name, uint64_t byte, const std::string& what) const {
  return {Error::Kind::kInvalid, name + ", byte " + std::to_string(byte) + ": " + what};
}

std::string AofLoader::run(Turn& turn, const CommandRow* row, Args words, LoadReplies& replies) {
  if (row != nullptr && row->handler != nullptr && !has_a_place(runtime_.table(), *row)) {
    return "it has no place in an append-only file";
  }
  runtime_.execute(turn, *session_, words, replies.writer());
  if (session_->waits()) {
    turn.release();
    Turn ending(runtime_);
    runtime_.end_wait(ending, *session_, WaitEnd::kGone, true);
    runtime_.take_waiter(ending, *session_);
    return "it would wait";
  }
  return replies.take_error();
}

// What is wrong first, of this one and those before it. SELECT changes nothing that they see.
std::optional<LoadFailure> AofLoader::apply(Turn& turn, Args words, uint64_t begin,
                                            CommandBatches& batches, LoadReplies& replies) {
  const CommandRow* const row = runtime_.table().find(words);
  if (!session_->transaction.open && batches.takes(row, words)) {
    turn.release();
    batches.take(*row, words, session_->database, begin);
    return std::nullopt;
  }
  const auto settle = [&]() -> std::optional<LoadFailure> {
    if (!batches.any()) return std::nullopt;
    turn.release();
    return batches.settle();
  };
  if (row == nullptr || row->name != "select") {
    if (auto failure = settle()) return failure;
  }
  std::string error = run(turn, row, words, replies);
  if (error.empty()) return std::nullopt;
  if (auto failure = settle()) return failure;
  return LoadFailure{{Error::Kind::kState, std::move(error)}, begin};
}

Error AofLoader::not_applied(const std::string& name, const LoadFailure& failure) const {
  return at_byte(name, failure.offset, "a command can not be applied: " + failure.error.message);
}

// There is nothing more to read. Whatever is open goes as a whole.
Result<AofLoader::Loaded> AofLoader::end(CommandReader& reader, CommandReader::Outcome outcome,
                                         int file, const std::string& name, bool may_be_cut,
                                         Loaded loaded) {
  using Outcome = CommandReader::Outcome;
  const bool in_transaction = session_->transaction.open;
  session_->end_transaction();
  loaded.ends_in_it = outcome != Outcome::kWrong && outcome != Outcome::kBadSum;
  if (outcome == Outcome::kFailed) return system_error(name + " can not be read", reader.code());
  if (outcome == Outcome::kEnd && !in_transaction) {
    loaded.whole = reader.end();  // with a timestamp that nothing follows
  } else if (outcome == Outcome::kNoSum || outcome == Outcome::kBadSum ||
             outcome == Outcome::kOpenGroup) {
    return end_in_group(reader, outcome, file, name, may_be_cut, loaded);
  } else if (auto wrong = end_in_unit(reader, outcome, file, name, may_be_cut)) {
    return std::move(*wrong);
  } else if (!in_transaction && reader.group_end() == reader.begin()) {
    loaded.whole = reader.begin();  // with a line that tells of no group
  }
  if (reader.group_begin() < loaded.whole && loaded.whole < reader.group_end()) {
    loaded.open_group = reader.group_begin();
  }
  return loaded;
}

std::optional<Error> AofLoader::end_in_unit(CommandReader& reader, CommandReader::Outcome outcome,
                                            int file, const std::string& name, bool may_be_cut) {
  using Outcome = CommandReader::Outcome;
  const std::string advice = "; make a copy of the directory, then run redis-check-aof --fix";
  const uint64_t begin = reader.begin();
  const bool by_crash = outcome != Outcome::kWrong || reader.misses_sector();
  if (!by_crash) return at_byte(name, begin, "what follows is no command" + advice);
  if (!may_be_cut) {
    return at_byte(name, begin,
                   "the file ends within a unit, which aof-load-truncated no, or its "
                   "place among the files, forbids" +
                       advice);
  }
  if (outcome == Outcome::kCut && reader.has_whole_command_behind()) {
    return at_byte(name, begin,
                   "a command goes beyond the end of the file, and has whole ones in it: a "
                   "length in it is damaged, or a value that a crash has cut looks like commands" +
                       advice);
  }
  if (!reader.checks_sums()) return std::nullopt;
  const auto was = was_on_disk(file, begin);
  if (!was) return system_error(name + " can not be read", was.error().code);
  if (!*was) return std::nullopt;
  return at_byte(name, begin,
                 "what was on disk from there on is not there any more" + ways_out(begin));
}

Result<AofLoader::Loaded> AofLoader::end_in_group(CommandReader& reader,
                                                  CommandReader::Outcome outcome, int file,
                                                  const std::string& name, bool may_be_cut,
                                                  const Loaded& loaded) {
  using Outcome = CommandReader::Outcome;
  if (outcome == Outcome::kNoSum) {
    return at_byte(
        name, reader.begin(),
        "a line that tells the checksum of what follows is damaged" + ways_out(reader.begin()));
  }
  const uint64_t begin = reader.group_begin();
  const std::string place =
      "what stands from there to byte " + std::to_string(reader.group_end()) +
      (outcome == Outcome::kBadSum ? " is not what was written" : " is not all there");
  const auto was = was_on_disk(file, begin);
  if (!was) return system_error(name + " can not be read", was.error().code);
  if (*was) return at_byte(name, begin, place + ", although it was on disk" + ways_out(begin));
  if (outcome == Outcome::kBadSum) {
    const auto misses = misses_sector(file, begin, reader.group_end());
    if (!misses) return system_error(name + " can not be read", misses.error().code);
    if (!*misses) {
      return at_byte(name, begin,
                     place +
                         ": it is damaged, or another server has appended to what a crash had cut" +
                         ways_out(begin));
    }
  }
  if (!may_be_cut) {
    return at_byte(name, begin,
                   place +
                       ", and aof-load-truncated no, or the file's place among the files, "
                       "forbids to leave it out" +
                       ways_out(begin));
  }
  return loaded;
}

Result<AofLoader::Loaded> AofLoader::load(int file, uint64_t position, const std::string& name,
                                          bool may_be_cut, unsigned threads,
                                          ReadProgress* progress) {
  using Outcome = CommandReader::Outcome;
  constexpr uint64_t kOfOneTurn = 64;
  constexpr uint64_t kTellEach = uint64_t{64} << 10;  // bytes
  uint64_t told = position;
  CommandReader reader(file, position);
  if (runtime_.settings().append_checksums.load(std::memory_order_relaxed)) reader.check_sums();
  Turn turn(runtime_, clock_);
  reader.set_before_reading([&] { turn.release(); });  // nobody waits for the disk because of it
  LoadReplies replies;
  CommandBatches batches(runtime_, clock_, threads);
  Loaded loaded;
  loaded.whole = position;
  session_->database = 0;
  while (true) {
    turn.release();
    if (reader.end() - told >= kTellEach) {
      told = reader.end();
      if (progress != nullptr && !progress->tell(told)) return cancelled();
    }
    for (uint64_t i = 0; i < kOfOneTurn && reader.end() - told < kTellEach; ++i) {
      const Outcome outcome = reader.next();
      const uint64_t begin = reader.begin();
      if (outcome == Outcome::kCommand) {
        if (auto failure = apply(turn, reader.words(), begin, batches, replies)) {
          return not_applied(name, *failure);
        }
        ++loaded.commands;
        if (!session_->transaction.open) loaded.whole = reader.end();
        continue;
      }
      turn.release();
      if (auto failure = batches.settle()) return not_applied(name, *failure);
      return end(reader, outcome, file, name, may_be_cut, loaded);
    }
  }
}

}  // namespace kevy
