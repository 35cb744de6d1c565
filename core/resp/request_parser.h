// RequestParser: finds the commands in what a client sent: RESP arrays of bulk strings, and inline
// lines for people at a terminal. Works in place on one contiguous buffer and remembers how far it
// got, so a command that arrives in many pieces is looked at once.
//
// The bytes are the caller's InputBuffer's, and stay in it until their command is done. The parser
// owns the arrays of words, and the text of the words of an inline line.
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

namespace kevy {

/// Bytes that came and were not yet consumed. Contiguous; grows by doubling, and only as data
/// arrives, so what a client announces costs nothing. Memory that one long command needed is given
/// back by shrink. Owns its memory, which passes between buffers only while nothing is pending in
/// either (take_memory).
class InputBuffer {
 public:
  InputBuffer() = default;
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  /// Room for at least `min` more bytes; write there, then commit. Moves the bytes before it.
  char* reserve(size_t min);
  size_t room() const noexcept { return capacity() - end_; }
  void commit(size_t count) noexcept { end_ += count; }
  void append(Bytes bytes);

  Bytes pending() const noexcept { return {memory_.data() + start_, end_ - start_}; }
  void consume(size_t count) noexcept {
    start_ += count;
    if (start_ == end_) start_ = end_ = 0;
  }
  size_t capacity() const noexcept { return memory_.size(); }
  /// Takes over the memory of `lender`; what this buffer had goes. Nothing may be pending in
  /// either.
  void take_memory(InputBuffer& lender) noexcept;
  /// Gives the memory back. Only when nothing is pending.
  void release() noexcept;
  /// Gives memory back that the buffer has grown to and does not need for what is pending, which it
  /// may move.
  void shrink() noexcept;

 private:
  void move_to(size_t capacity);

  BigMemory memory_;
  size_t start_ = 0;
  size_t end_ = 0;
};

class RequestParser {
 public:
  static constexpr size_t kAheadMax = 16;  // commands

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
  Args args() const noexcept { return args_; }
  /// args() are not needed any more: their bytes are consumed now instead of at the next call.
  void done(InputBuffer& buffer) noexcept { consume_last(buffer); }

  /// Some of the next commands, as many as have come whole and plain and not too many, so that what
  /// they need can be prepared. next() gives them again; until it did, or they were forgotten, the
  /// buffer must not change.
  std::span<const Args> read_ahead(InputBuffer& buffer, const Limits& limits);
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

  /// After kProtocolError: the error for the client, without the minus, or empty when it deserves
  /// none: a web browser that was tricked into talking to this port. The stream is lost.
  const std::string& error() const noexcept { return error_; }

 private:
  enum class Step { kMore, kDone, kError };
  void consume_last(InputBuffer& buffer) noexcept {
    buffer.consume(consume_next_);
    consume_next_ = 0;
  }
  Outcome next_carefully(InputBuffer& buffer, const Limits& limits);
  bool is_fresh() const noexcept { return words_left_ < 0 && scanned_ == 0; }
  size_t parse_plain(const char*& at, const char* end, size_t used);
  void make_room_ahead(size_t words);
  Step parse_array(Bytes input, const Limits& limits);
  Step parse_bulk(Bytes input, const Limits& limits);
  Outcome parse_inline(InputBuffer& buffer);
  Step fail(std::string what);
  Step find_line(Bytes input, Bytes& line, const char* too_big);

  // Of the command that is read the careful way; offsets from the start of what is pending.
  size_t position_ = 0;
  size_t scanned_ = 0;        // no line end before this
  int64_t words_left_ = -1;   // -1: the array's header is still to come
  int64_t bulk_size_ = -1;    // -1: the bulk's header is still to come
  struct Word {
    size_t offset;
    size_t size;
  };
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
