// BatchPool: work that comes in batches, done by several threads. A batch is prepared first, while
// others are; then it is put, lane after lane: what it has for a lane is put when all earlier
// batches have put what they had for that one. So each lane sees what one thread would have given
// it, in that order.
//
// Made for one load, by the thread that gives it batches, which does some of them itself when too
// many wait. Nothing is said of how many threads there are, or which does what.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/condition.h"
#include "base/result.h"

namespace kevy {

/// What ends a load.
struct LoadFailure {
  Error error;
  uint64_t offset = 0;  // up to where it was read then
};

/// All of it by one thread. May throw std::bad_alloc.
class Batch {
 public:
  Batch() = default;
  virtual ~Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  virtual void prepare() = 0;
  virtual void put(uint32_t lane) = 0;
  /// What is wrong first, of all that was prepared and put.
  virtual std::optional<LoadFailure> failure() = 0;
  /// Has it be as if new, but for memory that it goes on to use.
  virtual void clear() noexcept = 0;
};

class BatchPool {
 public:
  explicit BatchPool(uint32_t lanes) : lanes_(lanes), next_(std::make_unique<Lane[]>(lanes)) {}
  /// What nobody has begun is not done.
  ~BatchPool();
  BatchPool(const BatchPool&) = delete;
  BatchPool& operator=(const BatchPool&) = delete;

  /// Starts so many threads, or as many as can be. False: none.
  bool start(unsigned threads);
  uint32_t lanes() const noexcept { return lanes_; }

  // By the thread that made it.
  /// One that is over, cleared; or nullptr.
  std::unique_ptr<Batch> used() noexcept;
  void add(std::unique_ptr<Batch> batch) noexcept;
  /// Has all that were added be over.
  void drain() noexcept;
  /// Whether any of them has failed, as far as is known.
  bool failed() const noexcept { return first_failed_.load(std::memory_order_relaxed) != kNone; }
  /// After drain(): throws std::bad_alloc where that is what was first.
  const std::optional<LoadFailure>& failure() const;

 private:
  static constexpr uint64_t kNone = UINT64_MAX;

  struct Job {
    std::unique_ptr<Batch> batch;
    uint64_t number = 0;
  };
  struct alignas(64) Lane {
    std::atomic<uint32_t> next{0};  // the batch whose turn it is, in its low bits
  };

  void serve() noexcept;
  Job take() noexcept;
  void run(Job job) noexcept;
  void note_failure(uint64_t number, std::optional<LoadFailure> failure) noexcept;

  const uint32_t lanes_;
  const std::unique_ptr<Lane[]> next_;
  std::vector<std::thread> threads_;
  std::atomic<uint64_t> first_failed_{kNone};

  std::mutex mutex_;  // guards what follows
  Condition work_, over_;
  std::vector<Job> waiting_;  // a ring
  size_t first_ = 0, count_ = 0;
  std::vector<std::unique_ptr<Batch>> used_;  // as much as it has room for
  uint64_t added_ = 0;
  size_t running_ = 0;
  bool stopping_ = false;
  std::optional<LoadFailure> failure_;  // nothing: it was memory
};

}  // namespace kevy
