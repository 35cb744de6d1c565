// RdbReader: the elements of the RDB format, read from memory or from a source, and never trusted:
// a length is a number like any other until the bytes are there.
//
// What is wrong first is remembered, with where it was, and from then on everything that is read is
// empty or zero: who reads a number of things looks at failed() after each. Knows no value and no
// file. Made on the stack for one payload or file; one thread. Throws std::bad_alloc.
#pragma once

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/number.h"
#include "persist/rdb/format.h"

namespace kevy {

/// Where the bytes come from, where they are not in memory.
class RdbSource {
 public:
  RdbSource() = default;
  virtual ~RdbSource() = default;
  RdbSource(const RdbSource&) = delete;
  RdbSource& operator=(const RdbSource&) = delete;

  /// Writes up to `size` bytes to `to` and returns how many, 0 at the end or where something went
  /// wrong, which the source knows.
  virtual size_t read(char* to, size_t size) = 0;
};

class RdbReader {
 public:
  /// `memory` outlives the reader. `before`: how much was read in front of it, for offset().
  explicit RdbReader(Bytes memory, uint64_t before = 0) noexcept
      : begin_(memory.data()),
        at_(begin_),
        summed_(begin_),
        end_(begin_ + memory.size()),
        before_(before) {}
  explicit RdbReader(RdbSource& source) noexcept : source_(&source) {}
  RdbReader(const RdbReader&) = delete;
  RdbReader& operator=(const RdbReader&) = delete;

  bool failed() const noexcept { return !error_.empty(); }
  /// Which error it was: a sentence without where.
  const std::string& error() const noexcept { return error_; }
  /// Where it was, or how far it was read.
  uint64_t offset() const noexcept { return failed() ? failed_at_ : position(); }
  void fail(Bytes error);

  uint8_t byte() {
    if (at_ != end_) [[likely]]
      return static_cast<uint8_t>(*at_++);
    const Bytes byte = bytes(1);
    return byte.empty() ? uint8_t{0} : static_cast<uint8_t>(byte[0]);
  }
  /// So many, good until anything else is read; of none there are fewer.
  Bytes bytes(uint64_t count) {
    if (count <= static_cast<size_t>(end_ - at_)) [[likely]] {
      at_ += count;
      return {at_ - count, static_cast<size_t>(count)};
    }
    return more_bytes(count);
  }
  uint64_t word() { return load<uint64_t>(); }
  uint32_t half_word() { return load<uint32_t>(); }
  double real() { return load<double>(); }
  uint64_t length();
  /// Good until anything else is read.
  Bytes string();

  /// Whether nothing follows.
  bool at_end();
  /// What comes next, as far as it lies in memory.
  Bytes ahead() const noexcept { return {at_, static_cast<size_t>(end_ - at_)}; }
  /// Has more of it lie there; false when there is no more, or enough.
  bool look_further();
  /// Of all that was read.
  uint64_t checksum() noexcept {
    sum_up();
    return checksum_;
  }

 private:
  template <typename Number>
  Number load() {
    const Bytes from = bytes(sizeof(Number));
    Number number{};
    if (from.size() == sizeof number) std::memcpy(&number, from.data(), sizeof number);
    return number;
  }
  uint64_t position() const noexcept { return before_ + static_cast<uint64_t>(at_ - begin_); }
  Bytes more_bytes(uint64_t count);
  bool refill(size_t wanted);
  void sum_up() noexcept;

  // What RdbForms asks for.
  friend struct RdbForms;
  uint64_t number(unsigned size);
  Bytes plain_string(uint64_t length);
  template <typename Number>
  Bytes integer_string() {
    return format_int64(load<Number>(), digits_);
  }
  Bytes compressed_string();
  Bytes no_string();

  RdbSource* source_ = nullptr;
  // What is in memory.
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* summed_ = nullptr;  // up to where the checksum goes
  const char* end_ = nullptr;
  uint64_t before_ = 0;  // how much was read before that
  uint64_t checksum_ = 0;
  std::string window_;
  std::string plain_;
  char digits_[kIntegerTextMax];
  std::string error_;
  uint64_t failed_at_ = 0;
};

}  // namespace kevy
