// OutputQueue: what is still to be sent, in order: stretches of copied bytes, and big blocks that
// are only referred to. One thread at a time.
//
// A queue owns its chunks and a reference to each block, until their last byte was consumed. An
// empty queue keeps one chunk at most, until clear(). Memory passes between queues only while both
// are empty (take_memory), and bytes only with append_all and move_tail, which move them in order.
// What makes a queue long lies in large chunks, which go back to the kernel as they are sent.
#pragma once

#include <sys/uio.h>

#include <cstring>
#include <list>

#include "base/big_memory.h"
#include "base/bytes.h"
#include "base/shared_bytes.h"

namespace kevy {

class OutputQueue {
 public:
  /// A block shorter than this is copied.
  static constexpr size_t kSharedMin = 16 * 1024;

  void append(Bytes bytes) {
    if (bytes.size() > room_) {
      append_slowly(bytes);
      return;
    }
    if (!bytes.empty()) std::memcpy(write_, bytes.data(), bytes.size());
    advance(bytes.size());
  }
  void append(const SharedBytes& block) { append(block, block.bytes()); }
  /// The same for a part of a block, which keeps the whole of it.
  void append(const SharedBytes& block, Bytes part);
  /// Room for `size` (at most 64) bytes to be written in place, then advance().
  char* reserve(size_t size) {
    if (size > room_) add_chunk(size);
    return write_;
  }
  void advance(size_t size) noexcept {
    write_ += size;
    room_ -= size;
    size_ += size;
  }

  /// Bytes to be sent.
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Bytes that the queue keeps in memory, blocks that it shares with others included.
  size_t memory() const noexcept { return memory_; }
  /// Describes the first bytes, at most `max` pieces; returns how many. The pieces are the queue's,
  /// and good until it is changed.
  size_t gather(iovec* pieces, size_t max) const;
  /// Drops the first `count` bytes, which were sent. Takes time for what it drops alone.
  void consume(size_t count);
  /// Drops everything, and gives the memory back.
  void clear();
  /// Takes back the last bytes, so that `size` are left to be sent.
  void truncate(size_t size) noexcept;
  /// Takes over the chunk that `lender` keeps, if it keeps one; what this queue had goes. Both must be
  /// empty.
  void take_memory(OutputQueue& lender) noexcept;
  /// Whether something short can be appended without more memory.
  bool has_room() const noexcept { return room_ != 0; }
  /// Moves all of `other` to the end. Takes no memory.
  void append_all(OutputQueue& other) noexcept;
  /// Moves the last `count` bytes, of which there are so many, to the end of `other`. Throws
  /// std::bad_alloc, and has moved none.
  void move_tail(size_t count, OutputQueue& other);

 private:
  static constexpr size_t kChunk = 16 * 1024, kBigChunk = 1024 * 1024;

  struct Segment {
    BigMemory chunk;    // either this ...
    SharedBytes block;  // ... or this
    size_t begin = 0;
    size_t end = 0;  // of a chunk that is not the last; the last one ends at write_
    const char* data() const noexcept { return chunk ? chunk.data() : block.bytes().data(); }
    size_t memory() const noexcept { return chunk ? chunk.size() : block.bytes().size(); }
  };

  void reset();
  void append_slowly(Bytes bytes);
  void add_chunk(size_t min);
  void close_last() noexcept;
  size_t segment_end(const Segment& segment) const noexcept;

  std::list<Segment> segments_;
  char* write_ = nullptr;  // in the last segment, if that is a chunk
  size_t room_ = 0;
  size_t size_ = 0;
  size_t memory_ = 0;
};

}  // namespace kevy
