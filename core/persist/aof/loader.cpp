#include "persist/aof/loader.h"

#include "persist/aof/command_reader.h"
#include "persist/aof/files.h"
#include "resp/resp_writer.h"

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

AofLoader::AofLoader(Runtime& runtime)
    : runtime_(runtime), session_(runtime.open_session(Session::Door::kInProcess)) {}

AofLoader::~AofLoader() { runtime_.close_session(*session_); }

Error AofLoader::at_byte(const std::string& name, uint64_t byte, const std::string& what) const {
  return {Error::Kind::kState, name + ", byte " + std::to_string(byte) + ": " + what};
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
        runtime_.execute(turn, *session_, reader.words(), replies.writer());
        if (const std::string error = replies.take_error(); !error.empty()) {
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
      if (outcome == Outcome::kEnd && !in_transaction) return loaded;
      const bool by_crash = outcome != Outcome::kWrong || reader.only_zeros_left();
      if (!by_crash) return at_byte(name, begin, "what follows is no command" + advice);
      if (!may_be_cut) {
        return at_byte(name, begin,
                       "the file ends within a unit, which aof-load-truncated no, or its "
                       "place among the files, forbids" +
                           advice);
      }
      return loaded;
    }
  }
}

}  // namespace kevy
