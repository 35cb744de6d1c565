#include "persist/aof/loader.h"

#include <algorithm>
#include <iterator>

#include "persist/aof/command_batches.h"
#include "persist/aof/command_reader.h"
#include "persist/aof/files.h"
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
  return parent != nullptr && parent->name == "script" && (row.name == "load" || row.name == "flush");
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

Result<AofLoader::Loaded> AofLoader::load(int file, uint64_t position, const std::string& name,
                                          bool may_be_cut, unsigned threads,
                                          ReadProgress* progress) {
  using Outcome = CommandReader::Outcome;
  constexpr uint64_t kOfOneTurn = 64;
  constexpr uint64_t kTellEach = uint64_t{64} << 10;  // bytes
  uint64_t told = position;
  const std::string advice = "; make a copy of the directory, then run redis-check-aof --fix";
  CommandReader reader(file, position);
  Turn turn(runtime_, clock_);
  reader.set_before_reading([&] { turn.release(); });  // nobody waits for the disk because of it
  LoadReplies replies;
  CommandBatches batches(runtime_, clock_, threads);
  Loaded loaded{position, 0};
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
      // From here on there is nothing more to read. Whatever is open goes as a whole.
      const bool in_transaction = session_->transaction.open;
      turn.release();
      if (auto failure = batches.settle()) return not_applied(name, *failure);
      if (outcome == Outcome::kFailed)
        return system_error(name + " can not be read", reader.code());
      session_->end_transaction();
      if (outcome == Outcome::kEnd && !in_transaction) {
        loaded.whole = reader.end();  // with a timestamp that nothing follows
        return loaded;
      }
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
      return loaded;
    }
  }
}

}  // namespace kevy
