// The sparse form of a HyperLogLog's registers: runs of registers that have the same value.
//
//   00xxxxxx            xxxxxx + 1 registers, all zero
//   01xxxxxx yyyyyyyy   xxxxxxyyyyyyyy + 1 registers, all zero
//   1vvvvvxx            xx + 1 registers that have the value vvvvv + 1
#pragma once

#include <optional>
#include <string>

#include "store/hyperloglog/hyperloglog.h"

namespace kevy::hyperloglog {

inline constexpr unsigned kRunValueMax = 32;
inline constexpr size_t kValueRunMax = 4, kShortRunMax = 64;

struct Run {
  size_t at, size;       // its bytes
  size_t first, length;  // its registers
  uint8_t value;
};

/// Reads one run after another.
class SparseReader {
 public:
  explicit SparseReader(Bytes runs) noexcept : runs_(runs) {}

  /// The next run, which may go past the last register; nothing at the end.
  std::optional<Run> next() noexcept;
  /// Whether, at the end, all registers were there, and nothing more.
  bool complete() const noexcept { return first_ == kRegisters; }
  /// Goes on from where a run begins.
  void go_to(size_t at, size_t first) noexcept {
    at_ = at;
    first_ = first;
  }

 private:
  Bytes runs_;
  size_t at_ = 0, first_ = 0;
};

/// A HyperLogLog being changed, apart from where it is stored. Sparse, it becomes dense when a
/// value needs it or it passes the size allowed. The runs come out as those of Redis after the same
/// changes, which joins neighbours only near the one that has changed.
class Draft {
 public:
  enum class Outcome : uint8_t { kSame, kRaised, kCorrupt };

  /// `bytes`: what there is, or nothing for an empty one.
  Draft(Bytes bytes, size_t sparse_max);

  Outcome raise(Mark mark);
  /// False when there are no registers.
  [[nodiscard]] bool make_dense();
  Bytes bytes() const noexcept { return bytes_; }
  char* data() noexcept { return bytes_.data(); }

 private:
  /// Where a run begins.
  struct Place {
    size_t at = 0, first = 0;
  };
  struct Found {
    Run run;
    Place previous;  // the run before it; itself where there is none
  };

  Bytes runs() const noexcept { return registers_of(bytes_); }
  std::optional<Found> find(size_t index) const noexcept;
  Outcome raise_sparse(Mark mark);
  Outcome promote(Mark mark);
  void join(size_t from);

  std::string bytes_;
  size_t sparse_max_;
  Place near_;  // the last change: raising registers in ascending order looks at each run once
};

/// Whether raising a register would change `bytes`; kCorrupt where its run is not found.
Draft::Outcome look(Bytes bytes, Mark mark) noexcept;

}  // namespace kevy::hyperloglog
