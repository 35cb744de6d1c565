// CommandReader: the commands of an append-only file, one after another, straight from the file.
// What it gives is the file's own bytes; nothing is trusted. One thread.
//
// Where it is told to check sums it gives nothing of a group (sum_line.h) before it has seen that
// this is what was written. What stands in no group it gives as it is. It knows no more of groups
// than that: what to do with one that is not right is its caller's matter (loader.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "persist/aof/sum_line.h"

namespace kevy {

class CommandReader {
 public:
  enum class Reads {
    kOn,       // from where the file stands, which is `position`
    kByPlace,  // from `position`, and leaves the file where it stands
  };
  CommandReader(int file, uint64_t position, Reads reads = Reads::kOn);
  void check_sums() noexcept { checks_sums_ = true; }
  bool checks_sums() const noexcept { return checks_sums_; }
  /// What is to be done whenever it is about to wait for the disk.
  void set_before_reading(std::function<void()> release) { before_reading_ = std::move(release); }

  enum class Outcome {
    kCommand,
    kEnd,        // of the file, behind a whole command
    kCut,        // the file ends within a command
    kWrong,      // what comes next is no command
    kFailed,     // the file could not be read: code()
    kNoSum,      // a group's line is damaged
    kBadSum,     // what is in a group is not what was written: group_begin(), group_end()
    kOpenGroup,  // the file ends within a group
  };
  /// After kCommand words() are good until the next call. Throws std::bad_alloc.
  Outcome next();
  Args words() const noexcept { return words_; }
  /// Where what was given last begins, and where it ends.
  uint64_t begin() const noexcept { return position_ + begin_; }
  uint64_t end() const noexcept { return position_ + at_; }
  int code() const noexcept { return code_; }
  /// The last group that was seen, with its line; it may go beyond the end of the file.
  uint64_t group_begin() const noexcept { return group_begin_; }
  uint64_t group_end() const noexcept { return group_end_; }
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
  Outcome begin_group(Bytes line);
  Outcome check_group(const SumLine& sum);

  const int file_;
  const Reads reads_;
  bool checks_sums_ = false;
  bool ends_behind_units_ = false;  // is_cut_behind_units() was so: it is of all behind, too
  uint64_t group_begin_ = 0, group_end_ = 0;
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
