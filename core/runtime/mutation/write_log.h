// WriteLog: what an instance's keyspaces went through, as one stream of RESP in a total order.
//
// Writers append units while the shards that these changed are locked, from any thread; the order
// of the calls is the order of the stream. Where the database changes there is a SELECT, and a unit
// of several effects stands between MULTI and EXEC. A position is the number of bytes before it.
//
// One consumer (a file's writer) takes the bytes out. It may be behind by `bytes_max`: then those
// who are about to write wait for it, before they take their shards (wait_for_room), so what is
// kept is bounded by that and one unit for each thread. Appending itself never waits for the
// consumer. It takes no memory but for large units, since there is a spare chunk, which a command
// sees to before it changes anything (make_ready). Should there be no memory all the same the log
// is broken: it says so, and is of no use until it is made anew from the data.
//
// What threads cost each other here is the lines of memory that move from one processor to the next:
// all that an append needs but the bytes lies on one, and what others read all the time, on another.
//
// The consumer tells how far the stream is safe; those who may not show what is not wait for that.
#pragma once

#include <sys/uio.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/lock.h"
#include "base/processor.h"
#include "runtime/mutation/log_chunk.h"
#include "runtime/mutation/unit.h"

namespace kevy {

class WriteLog {
 public:
  /// Throws std::bad_alloc.
  explicit WriteLog(size_t bytes_max);
  ~WriteLog();
  WriteLog(const WriteLog&) = delete;
  WriteLog& operator=(const WriteLog&) = delete;

  // For those who write.
  /// To be called before anything is changed; throws std::bad_alloc.
  void make_ready() {
    if (!ready()) [[unlikely]]
      get_spare();
  }
  /// Whether make_ready() has nothing to do.
  bool ready() const noexcept { return !spare_missing_.load(std::memory_order_relaxed); }
  /// Returns the position behind it.
  uint64_t append(Unit& unit) noexcept;
  /// The same for one effect, which is no larger than Unit::kSmallMax.
  uint64_t append(int database, Args words) noexcept;
  bool broken() const noexcept { return broken_.load(std::memory_order_relaxed); }
  /// Something that was changed is not in it.
  void lose() noexcept { broken_.store(true, std::memory_order_relaxed); }
  bool full() const noexcept { return full_.load(std::memory_order_relaxed); }
  /// For who is about to append: has what that needs fetched from the processor that did so last.
  void prefetch() const noexcept { prefetch_to_write(&lock_); }
  /// By who holds nothing.
  void wait_for_room() noexcept;
  uint64_t end() const noexcept { return end_.load(std::memory_order_relaxed); }

  // For those who show what was written.
  /// Whether they are to wait until the stream is safe.
  bool fenced() const noexcept { return fenced_.load(std::memory_order_relaxed); }
  void set_fenced(bool fenced) noexcept;
  bool is_safe(uint64_t position) const noexcept {
    return safe_.load(std::memory_order_seq_cst) >= position;
  }
  uint64_t safe() const noexcept { return safe_.load(std::memory_order_acquire); }
  /// By who holds nothing: waits until all before `position` is safe. False when it is not, since
  /// the consumer fails or is gone.
  bool wait_until_safe(uint64_t position) noexcept;
  /// Has the consumer see to it soon.
  void hurry() noexcept;
  /// Called whenever more is safe, by the consumer's thread.
  void set_on_safe(std::function<void()> on_safe) { on_safe_ = std::move(on_safe); }

  // For the consumer.
  /// What comes next, in pieces that stay as they are until they are consumed; returns how many.
  size_t peek(std::span<iovec> pieces) noexcept;
  /// What comes `skip` bytes behind that, which is where a unit begins or goes on. `whole`: how many
  /// bytes of it end where a unit does: of the last such places in each chunk the farthest within
  /// `most`, or else the first. A unit lies in two chunks at most, so that pieces for two show one.
  size_t peek_units(std::span<iovec> pieces, uint64_t skip, uint64_t most,
                    uint64_t& whole) noexcept;
  void consume(size_t bytes) noexcept;
  uint64_t consumed() const noexcept { return consumed_.load(std::memory_order_relaxed); }
  /// From here on the stream names its database anew. With all shards held. Returns the position.
  /// What was lost before is not missed any more.
  uint64_t begin_anew() noexcept;
  /// Sleeps until there is something to consume, someone is in a hurry, or call_consumer().
  void wait_for_work() noexcept;
  /// Sleeps for a while, or until someone is in a hurry, the log is getting full, or
  /// call_consumer().
  void pause_consumer(int64_t ms) noexcept;
  void call_consumer() noexcept;
  void set_safe(uint64_t position) noexcept;
  /// Has the moment told in the stream, as a line that begins with #TS:, in front of a unit of
  /// another second than the one before; nullptr: no more.
  void set_clock(const Clock* clock) noexcept { clock_.store(clock, std::memory_order_relaxed); }
  /// Whether what was appended can not be made safe at present; those who wait for that, or for
  /// room, do so no more.
  void set_failing(bool failing) noexcept;

 private:
  static constexpr size_t kChunkBytes = size_t{256} * 1024 - 64;
  static constexpr size_t kFreeMax = 4;
  static constexpr int kNoDatabase = -1;
  static constexpr size_t kPairOfLines = 128;  // processors fetch lines in pairs

  uint64_t append(int database, Args words, size_t most) noexcept;
  void get_spare();
  bool ensure(size_t bytes) noexcept;
  void put(const char* bytes, size_t size) noexcept;
  void put(Bytes bytes) noexcept { put(bytes.data(), bytes.size()); }
  bool stamps() const noexcept { return clock_.load(std::memory_order_relaxed) != nullptr; }
  void put_stamp() noexcept;
  void put_select(int database) noexcept;
  void put_words(Args words) noexcept;
  void take_over(Unit& unit) noexcept;
  size_t room() const noexcept { return static_cast<size_t>(to_max_ - to_); }
  void append_behind(LogChunk* chunk) noexcept;
  void note_end() noexcept { last_->end = static_cast<size_t>(to_ - last_->data()); }
  /// A unit begins, which may be too large for this chunk.
  void note_unit() noexcept { last_->whole = static_cast<size_t>(to_ - last_->data()); }
  void next_chunk() noexcept;
  uint64_t finish(size_t size) noexcept;
  bool has_more() const noexcept { return end() != consumed(); }

  // What each append needs, on a line that moves from one processor to the other.
  alignas(kPairOfLines) Lock lock_;
  // Guarded by the lock.
  int database_ = kNoDatabase;
  char* to_ = nullptr;      // where the next byte of the last chunk belongs
  char* to_max_ = nullptr;  // and where that chunk ends
  std::atomic<uint64_t> end_{0};
  bool consumer_sleeps_ = false;

  // What is read at each append or before it, and rarely written.
  alignas(kPairOfLines) std::atomic<uint64_t> consumed_{0};
  std::atomic<uint64_t> safe_{0};
  std::atomic<const Clock*> clock_{nullptr};
  std::atomic<bool> full_{false};
  std::atomic<bool> spare_missing_{false};
  std::atomic<bool> broken_{false};
  std::atomic<bool> fenced_{false};
  const size_t bytes_max_;
  std::function<void()> on_safe_;

  // Guarded by the lock.
  LogChunk* first_ = nullptr;  // a list, from which is consumed
  LogChunk* last_ = nullptr;   // to which is appended; its end is noted by note_end()
  LogChunk* spare_ = nullptr;
  LogChunk* free_ = nullptr;  // a list
  size_t free_count_ = 0;
  int64_t stamped_s_ = 0;
  size_t put_ = 0;  // bytes, by the unit that is being appended

  std::mutex mutex_;  // guards what follows
  Condition work_;    // for the consumer
  Condition moved_;   // for those who wait for it
  bool called_ = false;
  bool hurried_ = false;
  bool failing_ = false;
  size_t waiting_ = 0;
};

}  // namespace kevy
