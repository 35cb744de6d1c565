// SumLine: the line that kevy writes in front of each group of whole units of an append-only file,
// and the hash that stands in it. Redis and Valkey pass over lines that begin with #.
//
//   #SUM:<bytes>:<safe>:<hash of them, 16 digits>:<hash of the line before that, 8 digits>\r\n
//
// bytes: how many behind the line are the group. safe: how many of the file, from its beginning,
// were surely on disk when the line was made. A line of no bytes says the latter alone.
//
// In front, so that who reads knows what a group is to be before any of it has an effect, that one
// which is not all there is told from commands that another server has appended, and that nothing
// has to be looked for. The line has a hash of its own, so that a crash that has cut a group is
// told from a length in it that is damaged.
//
// Pure functions and values; no memory is got.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace kevy {

/// XXH3 of 64 bits, over pieces one after another. It finds what chance does, not who means to
/// deceive: who can write to the file can write the sum too.
class GroupHash {
 public:
  GroupHash() noexcept;
  void add(Bytes bytes) noexcept;
  uint64_t value() const noexcept;

 private:
  alignas(64) unsigned char state_[640];
};

struct SumLine {
  static constexpr Bytes kBeginning = "#SUM:";
  /// What kBeginning becomes where what stands behind the line is not its group any more.
  static constexpr Bytes kVoid = "#OLD:";
  static constexpr size_t kMax = 96;  // bytes, with its end

  uint64_t bytes = 0;
  uint64_t safe = 0;
  uint64_t hash = 0;

  /// Writes it to `to`, which has kMax bytes; returns its size.
  size_t put(char* to) const noexcept;
  /// The line without its end; nothing: it is damaged.
  static std::optional<SumLine> parse(Bytes line) noexcept;
};

}  // namespace kevy
