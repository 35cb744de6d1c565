// Reply: what a command handler writes its answer to, in the notions of RESP3. One
// implementation encodes RESP for sockets (resp_writer.h), one builds the tree that the C ABI
// hands out (reply_tree.h); both give RESP2 shapes to a session that speaks version 2.
//
// Knows no command. A handler writes exactly one reply: one scalar, or one aggregate header
// followed by as many replies as it announced. Bytes are copied before the call returns;
// blocks given as SharedBytes are kept by reference where that is cheaper. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/shared_bytes.h"

namespace kevy {

class Reply {
 public:
  Reply() = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  virtual ~Reply() = default;

  /// 2 or 3: the RESP version the session speaks.
  int protocol() const noexcept { return protocol_; }
  void set_protocol(int protocol) noexcept { protocol_ = protocol; }

  virtual void integer(int64_t value) = 0;
  virtual void bulk(Bytes bytes) = 0;
  virtual void bulk(const SharedBytes& block) = 0;
  /// A simple string such as OK; no CR or LF in it.
  virtual void status(Bytes text) = 0;
  /// The simple string OK.
  virtual void ok() = 0;
  /// `text` is the whole error, its code first, without the leading minus: "ERR no such key".
  /// CR and LF become spaces.
  void error(Bytes text) {
    ++errors_;
    write_error(text);
  }
  /// RESP2: null bulk string.
  virtual void null() = 0;
  /// RESP2: null array; RESP3: the same null as null().
  virtual void null_array() = 0;
  virtual void array(size_t size) = 0;
  /// `pairs` keys, each followed by its value. RESP2: an array of twice the size.
  virtual void map(size_t pairs) = 0;
  /// RESP2: an array.
  virtual void set(size_t size) = 0;
  /// RESP2: an array.
  virtual void push(size_t size) = 0;
  /// RESP2: a bulk string of the shortest text that reads back as the same number.
  virtual void real(double value) = 0;
  /// RESP2: the integers 1 and 0.
  virtual void boolean(bool value) = 0;
  /// `format` is three characters such as "txt". RESP2: a bulk string.
  virtual void verbatim(Bytes format, Bytes text) = 0;

  /// How many errors were written so far, nested ones included.
  size_t errors() const noexcept { return errors_; }

 protected:
  virtual void write_error(Bytes text) = 0;

  int protocol_ = 2;

 private:
  size_t errors_ = 0;
};

}  // namespace kevy
