// RdbWriter: the elements of the RDB format, bytes, lengths, numbers and strings, on their way to a
// sink: gathered to larger pieces, with a running checksum of all of them.
//
// Knows no value and no file. It remembers which version of the format what was written needs, and
// that the sink refused something, after which it writes nothing more. Made on the stack for one
// payload or file; one thread. Throws std::bad_alloc.
#pragma once

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "persist/rdb/format.h"

namespace kevy {

/// Where the bytes go. Knows what went wrong.
class RdbSink {
 public:
  RdbSink() = default;
  virtual ~RdbSink() = default;
  RdbSink(const RdbSink&) = delete;
  RdbSink& operator=(const RdbSink&) = delete;

  /// False: they were not taken, and nothing more will be.
  virtual bool write(Bytes bytes) = 0;
  /// Puts these in the place of the first ones that were written.
  virtual bool rewrite_start(Bytes bytes) = 0;
};

/// A sink for what is to be in memory.
class RdbMemorySink final : public RdbSink {
 public:
  explicit RdbMemorySink(std::string& to) noexcept : to_(to), start_(to.size()) {}
  bool write(Bytes bytes) override {
    to_ += bytes;
    return true;
  }
  bool rewrite_start(Bytes bytes) override {
    to_.replace(start_, bytes.size(), bytes);
    return true;
  }

 private:
  std::string& to_;
  const size_t start_;
};

class RdbWriter {
 public:
  /// `compress`: strings, where that makes them shorter.
  explicit RdbWriter(RdbSink& sink, bool compress = true) noexcept
      : sink_(sink), compress_(compress) {}
  RdbWriter(const RdbWriter&) = delete;
  RdbWriter& operator=(const RdbWriter&) = delete;

  void byte(uint8_t byte) { append(&byte, 1); }
  void type(RdbType type) { byte(static_cast<uint8_t>(type)); }
  void opcode(RdbOpcode opcode) { byte(static_cast<uint8_t>(opcode)); }
  void bytes(Bytes bytes);
  /// A number of 64 bits, the low byte first.
  void word(uint64_t word) { append(&word, sizeof word); }
  void real(double number) { append(&number, sizeof number); }
  void length(uint64_t length);
  /// With its length, as a number or compressed where that is shorter.
  void string(Bytes text);
  /// The same for the text of a number.
  void number(int64_t number);

  /// What was written can be read from this version on.
  void need(RdbVersion version) noexcept { version_ = std::max(version_, version); }
  RdbVersion version() const noexcept { return version_; }

  /// Hands what is gathered to the sink.
  void flush();
  bool failed() const noexcept { return failed_; }
  /// Of all that was written.
  uint64_t checksum() const noexcept;
  uint64_t size() const noexcept { return written_ + buffer_.size(); }
  RdbSink& sink() noexcept { return sink_; }

 private:
  static constexpr size_t kGathered = size_t{64} << 10;

  void append(const void* from, size_t size) {
    buffer_.append(static_cast<const char*>(from), size);
    if (buffer_.size() >= kGathered) flush();
  }
  bool write_compressed(Bytes text);
  void write_out(Bytes bytes);

  RdbSink& sink_;
  const bool compress_;
  bool failed_ = false;
  RdbVersion version_ = RdbVersion::kListpacks;
  uint64_t checksum_ = 0;  // of what the sink has
  uint64_t written_ = 0;   // to the sink
  std::string buffer_;
  std::string compressed_;
};

}  // namespace kevy
