// CommandBatches: runs commands of an append-only file by several threads, as far as they are about
// one key each: those of a shard in the order of the file. What is about more is for who reads the
// file, when all before it have been run.
//
// By the thread that reads, which holds no shard when it calls. Throws std::bad_alloc.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "persist/load/batch_pool.h"
#include "runtime/runtime.h"

namespace kevy {

class CommandBatches {
 public:
  /// `clock`: what time the commands have. `threads`: the caller's included; 1: it takes no
  /// commands.
  CommandBatches(Runtime& runtime, const Clock& clock, unsigned threads);
  ~CommandBatches();
  CommandBatches(const CommandBatches&) = delete;
  CommandBatches& operator=(const CommandBatches&) = delete;

  /// Whether it takes this command, whose row may be nullptr. If not it is to be run after
  /// settle(), and there is nothing to settle unless any().
  bool takes(const CommandRow* row, Args words) const noexcept;
  bool any() const noexcept { return any_; }
  /// Takes a command of a database, which begins at a byte of the file.
  void take(const CommandRow& row, Args words, int database, uint64_t begin);
  /// Has all that were taken be over. What is wrong first, with where the command begins.
  std::optional<LoadFailure> settle();

 private:
  class CommandBatch;

  void hand_over();

  Runtime& runtime_;
  const Clock& clock_;
  unsigned threads_;  // 1: no more of them
  BatchPool pool_;
  bool started_ = false;
  bool any_ = false;
  bool in_work_ = false;  // the pool may have some
  std::unique_ptr<Batch> next_;
};

}  // namespace kevy
