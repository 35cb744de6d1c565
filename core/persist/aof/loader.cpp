#include "persist/aof/loader.h"

#include <algorithm>
#include <iterator>

#include "persist/aof/command_reader.h"
#include "persist/aof/files.h"
#include "resp/resp_writer.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

/// What the commands answer, of which the errors count.
class AofLoader::Replies {
 public:
  RespWriter& writer() noexcept { return writer_; }
  /// The first error since the last call, or nothing.
  std::string take_error() {
    std::string text;
    if (writer_.errors() != errors_) {
      errors_ = writer_.errors();
      iovec piece;
      for (; output_.gather(&piece, 1) == 1; output_.consume(piece.iov_len)) {
        text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      }
      const size_t begin = text.starts_with('-') ? 0 : text.find("\n-") + 1;
      text = text.substr(begin + 1, text.find('\r', begin) - begin - 1);
    }
    output_.clear();
    return text;
  }

 private:
  OutputQueue output_;
  RespWriter writer_{output_};
  size_t errors_ = 0;
};

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
    : runtime_(runtime), session_(runtime.open_session(Session::Door::kInProcess)) {}

AofLoader::~AofLoader() { runtime_.close_session(*session_); }

Error AofLoader::at_byte(const std::string& name, uint64_t byte, const std::string& what) const {
  return {Error::Kind::kState, name + ", byte " + std::to_string(byte) + ": " + what};
}

std::string AofLoader::run(Turn& turn, Args words, Replies& replies) {
  const CommandRow* const row = runtime_.table().find(words);
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

Result<AofLoader::Loaded> AofLoader::load(int file, uint64_t position, const std::string& name,
                                          bool may_be_cut) {
  using Outcome = CommandReader::Outcome;
  constexpr uint64_t kOfOneTurn = 64;
  const std::string advice = "; make a copy of the directory, then run redis-check-aof --fix";
  CommandReader reader(file, position);
  Replies replies;
  Loaded loaded{position, 0};
  session_->database = 0;
  while (true) {
    Turn turn(runtime_);
    for (uint64_t i = 0; i < kOfOneTurn; ++i) {
      const Outcome outcome = reader.next();
      if (outcome == Outcome::kFailed)
        return system_error(name + " can not be read", reader.code());
      const uint64_t begin = reader.begin();
      if (outcome == Outcome::kCommand) {
        if (const std::string error = run(turn, reader.words(), replies); !error.empty()) {
          return at_byte(name, begin, "a command can not be applied: " + error);
        }
        ++loaded.commands;
        if (!session_->transaction.open) loaded.whole = reader.end();
        continue;
      }
      // From here on there is nothing more to read. Whatever is open goes as a whole.
      const bool in_transaction = session_->transaction.open;
      turn.release();
      session_->end_transaction();
      if (outcome == Outcome::kEnd && !in_transaction) {
        loaded.whole = reader.end();  // with a timestamp that nothing follows
        return loaded;
      }
      const bool by_crash = outcome != Outcome::kWrong || reader.only_zeros_left();
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
