// CommandReader: the commands of an append-only file, one after another, straight from the file.
// What it gives is the file's own bytes; nothing is trusted. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace kevy {

class CommandReader {
 public:
  /// Reads from where the file stands, which is `position` for what is told.
  CommandReader(int file, uint64_t position);
  /// What is to be done whenever it is about to wait for the disk.
  void set_before_reading(std::function<void()> release) { before_reading_ = std::move(release); }

  enum class Outcome {
    kCommand,
    kEnd,     // of the file, behind a whole command
    kCut,     // the file ends within a command
    kWrong,   // what comes next is no command
    kFailed,  // the file could not be read: code()
  };
  /// After kCommand words() are good until the next call. Throws std::bad_alloc.
  Outcome next();
  Args words() const noexcept { return words_; }
  /// Where what was given last begins, and where it ends.
  uint64_t begin() const noexcept { return position_ + begin_; }
  uint64_t end() const noexcept { return position_ + at_; }
  int code() const noexcept { return code_; }
  /// The moment that a timestamp in front of the last command told, in seconds; 0: none was seen.
  int64_t timestamp() const noexcept { return timestamp_; }
  /// After kWrong: whether there are zeros where it is wrong, up to the end of a sector or of the
  /// file: what a crash may leave of sectors that were never written, with others behind them that
  /// were.
  bool misses_sector();
  /// After kCut: whether the rest, which was taken for the beginning of one command, has whole ones
  /// in it. Then it was not a crash that cut the file: a length is damaged.
  bool has_whole_command_behind();

 private:
  static constexpr size_t kPiece = size_t{256} * 1024;

  bool fill(size_t needed);
  void forget() noexcept;
  bool short_number(char mark, uint64_t max, uint64_t& value) noexcept;
  Outcome number(char mark, uint64_t max, uint64_t& value);
  Outcome read_words();
  Outcome skip_annotation();

  const int file_;
  std::function<void()> before_reading_;
  uint64_t position_;  // of the buffer's first byte
  std::string buffer_;
  size_t begin_ = 0;
  size_t at_ = 0;
  bool ended_ = false;
  int code_ = 0;
  int64_t timestamp_ = 0;
  struct Word {
    size_t offset;
    size_t size;
  };
  std::vector<Word> places_;
  std::vector<Bytes> words_;
};

}  // namespace kevy
