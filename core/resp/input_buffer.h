// InputBuffer: the bytes that came from a client and were not yet consumed, in one piece.
//
// It owns its memory, which grows by doubling, and only as data arrives, so what a client announces
// costs nothing; what one long command made of it is given back by shrink. The memory passes between
// buffers only while nothing is pending in either (take_memory).
//
// One stretch of what comes may be taken out of the stream: after begin_block the next bytes go into
// a block, and the first byte behind them follows in the buffer on what was pending before. The
// buffer owns the block until take_block hands it over. It takes memory as its bytes arrive.
//
// Knows no protocol and no socket. One thread at a time.
#pragma once

#include <sys/uio.h>

#include "base/big_memory.h"
#include "base/bytes.h"
#include "base/shared_bytes.h"

namespace kevy {

class InputBuffer {
 public:
  InputBuffer() = default;
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  /// Where what comes next is to be written, in this order; then commit() says how much came. One
  /// piece or two, of `min` bytes together at least, if the block does not need fewer, and of `max`
  /// at most. Moves what is pending.
  size_t make_room(iovec (&pieces)[2], size_t min, size_t max);
  void commit(size_t count) noexcept {
    if (missing_ != 0) [[unlikely]] count -= commit_to_block(count);
    end_ += count;
  }
  void append(Bytes bytes);

  Bytes pending() const noexcept { return {memory_.data() + start_, end_ - start_}; }
  void consume(size_t count) noexcept {
    start_ += count;
    if (start_ == end_) start_ = end_ = 0;
  }

  /// Has `size` bytes go into a block: first what is pending from offset `from` on, which is not all
  /// of them, then what comes.
  void begin_block(size_t from, size_t size);
  /// How many bytes the block still lacks.
  size_t missing() const noexcept { return missing_; }
  /// Hands over the block, which lacks nothing.
  SharedBytes take_block() noexcept { return std::move(block_); }

  /// Bytes that came and are kept, those in the block included.
  size_t size() const noexcept { return end_ - start_ + block_.bytes().size(); }
  /// Bytes of memory that the buffer can hold, without the block.
  size_t capacity() const noexcept { return memory_.size(); }
  /// Takes over the memory of `lender`; what this buffer had goes. Nothing may be pending in either.
  void take_memory(InputBuffer& lender) noexcept;
  /// Gives the memory back. Only when nothing is pending.
  void release() noexcept;
  /// Gives memory back that the buffer has grown to and does not need for what is pending, which it
  /// may move.
  void shrink() noexcept;

 private:
  size_t room() const noexcept { return capacity() - end_; }
  char* reserve(size_t min);
  void move_to(size_t capacity);
  size_t open_block(size_t wanted);
  size_t commit_to_block(size_t count) noexcept;

  BigMemory memory_;
  size_t start_ = 0;
  size_t end_ = 0;
  SharedBytes block_;
  size_t missing_ = 0;  // of the block
};

}  // namespace kevy
