// ValueTape: one reply, written down so that it can be read again: what a command answers a script
// before it becomes values of Lua, and what a script returns before it becomes the reply of EVAL.
// So no command meets an error of Lua's in the midst of its work, and no reply is begun and not
// ended.
//
// Its memory is kept from one reply to the next. One thread at a time. Throws nothing but
// std::bad_alloc.
#pragma once

#include <string>

#include "resp/reply.h"

namespace kevy {

enum class TapeKind : char {
  kInteger,
  kBulk,
  kStatus,
  kError,
  kNull,
  kArray,
  kMap,
  kSet,
  kReal,
  kBoolean,
  kVerbatim,
  kBigNumber,
};

/// One value as it stands on a tape. Of an aggregate the elements come behind it.
struct TapeValue {
  TapeKind kind;
  union {
    int64_t integer;
    double real;
    uint64_t size;  // elements; of a map: pairs
  };
  Bytes bytes;   // good until the tape is written to
  Bytes format;  // of kVerbatim
};

class ValueTape final : public Reply {
 public:
  /// Empties it for a reply in this version of the protocol.
  void begin(int protocol) noexcept {
    protocol_ = protocol;
    tape_.clear();
    if (tape_.capacity() > kKeptMax) std::string().swap(tape_);
  }
  bool empty() const noexcept { return tape_.empty(); }

  void integer(int64_t value) override { add_number(TapeKind::kInteger, &value); }
  void bulk(Bytes bytes) override { add_bytes(TapeKind::kBulk, bytes); }
  void bulk(const SharedBytes& block) override { bulk(block.bytes()); }
  void status(Bytes text) override { add_bytes(TapeKind::kStatus, text); }
  void ok() override { status("OK"); }
  void null() override { tape_ += static_cast<char>(TapeKind::kNull); }
  void null_array() override { null(); }
  void array(size_t size) override { add_size(TapeKind::kArray, size); }
  void map(size_t pairs) override {
    protocol_ == 2 ? add_size(TapeKind::kArray, pairs * 2) : add_size(TapeKind::kMap, pairs);
  }
  void set(size_t size) override {
    add_size(protocol_ == 2 ? TapeKind::kArray : TapeKind::kSet, size);
  }
  void push(size_t size) override { array(size); }
  void real(double value) override;
  void boolean(bool value) override;
  void verbatim(Bytes format, Bytes text) override;
  // Nothing waits in a script.
  std::unique_ptr<Reply> aside() const override { return nullptr; }
  void take_over(Reply&) noexcept override {}
  void big_number(Bytes digits) override {
    add_bytes(protocol_ == 2 ? TapeKind::kBulk : TapeKind::kBigNumber, digits);
  }

  /// An aggregate whose size is told when its elements have been written.
  size_t open(TapeKind kind);
  void close(size_t opened, uint64_t size) noexcept;

  /// Reads the value at `at` and moves on behind it; of an aggregate, behind its header.
  TapeValue read(size_t& at) const noexcept;
  /// Writes all that is on the tape to a reply.
  void play(Reply& reply) const;

 protected:
  void write_error(Bytes text) override { add_bytes(TapeKind::kError, text); }
  Place place() const noexcept override { return {tape_.size(), {}}; }
  void go_back(const Place& place) noexcept override { tape_.resize(place.size); }

 private:
  static constexpr size_t kKeptMax = 64 * 1024;

  void add_bytes(TapeKind kind, Bytes bytes);
  void add_number(TapeKind kind, const void* number);
  void add_size(TapeKind kind, uint64_t size) { add_number(kind, &size); }

  std::string tape_;
};

}  // namespace kevy
