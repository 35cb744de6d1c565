// RequestParser: finds the commands in what a client sent: RESP arrays of bulk strings, and inline
// lines for people at a terminal. Works in place on one contiguous buffer and remembers how far it
// got, so a command that arrives in many pieces is looked at once. A long word that has not come
// whole is taken out of the buffer: what is still to come of it goes into a block of its own, which
// a handler may keep as it is.
//
// The bytes are the caller's InputBuffer's, and stay in it until their command is done. The parser
// owns the arrays of words, the text of the words of an inline line, and the blocks of long words that
// have come whole, which it shares with whoever keeps them.
//
// Knows no command and no socket. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/big_memory.h"
#include "base/bytes.h"
#include "resp/input_buffer.h"

namespace kevy {

class RequestParser {
 public:
  static constexpr size_t kAheadMax = 16;  // commands
  /// A word of this size or more gets a block of its own when it arrives in pieces.
  static constexpr size_t kLongWordMin = 32 * 1024;

  enum class Outcome { kNeedMore, kCommand, kProtocolError };

  struct Limits {
    int64_t bulk_max = int64_t{512} << 20;
    /// Until a client has authenticated it may send little.
    bool authenticated = true;
  };

  /// Looks for the next command. kCommand: args() are its words, never none; they are views into
  /// the buffer, good until the next call of next() or a change of the buffer.
  Outcome next(InputBuffer& buffer, const Limits& limits) {
    if (!has_ahead() || !limits.authenticated) return next_carefully(buffer, limits);
    consume_last(buffer);
    given_ahead_ = ahead_next_;
    args_ = ahead_[ahead_next_];
    consume_next_ = ahead_sizes_[ahead_next_++];
    return Outcome::kCommand;
  }
  /// Whether next() has more to say than kNeedMore: a whole command, or an error. What was found
  /// out is kept, so that nothing is looked at twice.
  bool has_come(InputBuffer& buffer, const Limits& limits);
  Args args() const noexcept { return args_; }
  /// The blocks of those among args() that came in one of their own; the parser's, as args() are.
  std::span<const SharedBytes> long_words() const noexcept { return long_words_; }
  /// Bytes of the long words that have come whole, of a command that may not have.
  size_t long_bytes() const noexcept { return long_bytes_; }
  /// args() are not needed any more: their bytes are consumed now instead of at the next call.
  void done(InputBuffer& buffer) noexcept { consume_last(buffer); }

  /// Some of the next commands, as many as have come whole and plain and not too many, so that what
  /// they need can be prepared. next() gives them again; until it did, or they were forgotten, the
  /// buffer must not change.
  std::span<const Args> read_ahead(InputBuffer& buffer, const Limits& limits);
  /// The next of them; there is one.
  Args first_ahead() const noexcept { return ahead_[ahead_next_]; }
  bool has_ahead() const noexcept { return ahead_next_ != ahead_count_; }
  void forget_ahead() noexcept { ahead_next_ = ahead_count_ = 0; }

  /// Which of those args() is, if it is one.
  std::optional<size_t> number_ahead() const noexcept { return given_ahead_; }

  /// Bytes of memory for words.
  size_t memory() const noexcept {
    return words_.capacity() * sizeof(Word) +
           (read_.capacity() + ahead_words_.capacity()) * sizeof(Bytes) + inline_memory_;
  }
  /// Gives memory back that a command of many words has taken. Forgets what was read ahead and what
  /// args() is.
  void shrink() noexcept;

  /// After kProtocolError: the error for the client, without the minus. The stream is lost.
  const std::string& error() const noexcept { return error_; }

 private:
  enum class Step { kMore, kDone, kError };
  struct Word {
    size_t offset;  // from kLong on: it is long_words_[offset - kLong]
    size_t size;
    static constexpr size_t kLong = SIZE_MAX / 2;
  };
  void consume_last(InputBuffer& buffer) noexcept {
    buffer.consume(consume_next_);
    consume_next_ = 0;
    if (args_are_long_) [[unlikely]] drop_long_words();
  }
  void drop_long_words() noexcept;
  Outcome next_carefully(InputBuffer& buffer, const Limits& limits);
  bool is_fresh() const noexcept { return words_left_ < 0 && scanned_ == 0; }
  size_t parse_plain(const char*& at, const char* end, size_t used);
  void make_room_ahead(size_t words);
  Step parse_array(InputBuffer& buffer, const Limits& limits);
  Step parse_bulk(InputBuffer& buffer, const Limits& limits);
  Step finish_long_word(InputBuffer& buffer);
  Bytes bytes_of(const Word& word, Bytes input) const noexcept;
  Step find_inline_end(Bytes input, size_t& end);
  Outcome parse_inline(InputBuffer& buffer);
  Step fail(std::string what);
  Step find_line(Bytes input, Bytes& line, const char* too_big);

  // Of the command that is read the careful way; offsets from the start of what is pending.
  size_t position_ = 0;
  size_t scanned_ = 0;        // no line end before this
  int64_t words_left_ = -1;   // -1: the array's header is still to come
  int64_t bulk_size_ = -1;    // -1: the bulk's header is still to come
  bool bulk_is_long_ = false;   // and goes into a block, which the buffer has until it is full
  bool args_are_long_ = false;  // args_ has some of long_words_
  std::vector<SharedBytes> long_words_;
  size_t long_bytes_ = 0;
  std::vector<Word, BigAllocator<Word>> words_;

  std::vector<Bytes, BigAllocator<Bytes>> read_;  // the words of args_, when it was read the careful way
  Args args_;
  std::vector<std::string> inline_words_;
  size_t inline_memory_ = 0;  // of those, about
  size_t consume_next_ = 0;  // the last command's bytes, consumed at the next call

  // What was read ahead, how many bytes each takes, and how many of them next() has given.
  std::array<Args, kAheadMax> ahead_;
  std::array<size_t, kAheadMax> ahead_sizes_;
  size_t ahead_count_ = 0;
  size_t ahead_next_ = 0;
  std::optional<size_t> given_ahead_;
  std::vector<Bytes, BigAllocator<Bytes>> ahead_words_;  // room for the words of all, and more
  std::string error_;
};

/// Splits an inline line into words with the quoting that redis-cli uses. False: quotes unbalanced.
bool split_inline(Bytes line, std::vector<std::string>& words);

}  // namespace kevy
