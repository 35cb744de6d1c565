// Progress: who is told how far a file has been read or written, and may have that end.
//
// One thread, which holds no shard when it tells.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>

#include "base/result.h"
#include "persist/rdb/reader.h"

namespace kevy {

/// How much is done, of how much. False: it is to end. Any function that throws nothing.
using Progress = std::function<bool(uint64_t done, uint64_t total)>;

/// What is told by a call that `Progress` has ended.
inline Error cancelled() { return {Error::Kind::kState, "it was cancelled", ECANCELED}; }

/// How far files have been read, one behind another. The function outlives it.
class ReadProgress {
 public:
  /// `total`: bytes of all of them.
  ReadProgress(const Progress& progress, uint64_t total) noexcept
      : progress_(progress), total_(total) {}

  /// So much of the present file. False: it is to end.
  bool tell(uint64_t done) {
    const uint64_t all = before_ + done;
    stopped_ = stopped_ || (progress_ && !progress_(all, std::max(total_, all)));
    return !stopped_;
  }
  /// Goes on to the next file.
  void end_file(uint64_t size) noexcept { before_ += size; }
  bool stopped() const noexcept { return stopped_; }

 private:
  const Progress& progress_;
  const uint64_t total_;
  uint64_t before_ = 0;  // of files that were read to their ends
  bool stopped_ = false;
};

/// A source whose reading is told of. Both outlive it.
class ToldSource final : public RdbSource {
 public:
  ToldSource(RdbSource& source, ReadProgress& progress) noexcept
      : source_(source), progress_(progress) {}

  size_t read(char* to, size_t size) override {
    if (progress_.stopped()) return 0;
    const size_t got = source_.read(to, size);
    done_ += got;
    return progress_.tell(done_) ? got : 0;
  }

 private:
  RdbSource& source_;
  ReadProgress& progress_;
  uint64_t done_ = 0;
};

}  // namespace kevy
