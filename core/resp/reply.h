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
#include <memory>
#include <new>

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
  /// A part of a block. It may be copied, or keep the block from being freed.
  virtual void bulk_part(const SharedBytes&, Bytes part) { bulk(part); }
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
  /// The same with a text of the caller's, which reads back as `value`. A tree has the number itself
  /// for RESP3.
  virtual void real_text(double value, Bytes text) {
    if (protocol_ == 2) {
      bulk(text);
    } else {
      real(value);
    }
  }
  /// RESP2: the integers 1 and 0.
  virtual void boolean(bool value) = 0;
  /// `format` is three characters such as "txt". RESP2: a bulk string.
  virtual void verbatim(Bytes format, Bytes text) = 0;

  /// An integer of any size, in decimal. RESP2, and a tree: a bulk string.
  virtual void big_number(Bytes digits) { bulk(digits); }

  // Beside the reply, where there is a stream of RESP3. Elsewhere false: nothing was written, and
  // nothing is to follow.
  /// The header of what is told of the reply that comes behind it.
  virtual bool attribute(size_t) { return false; }
  /// The header of a push of its own.
  virtual bool push_beside(size_t) { return false; }

  // For a reply that another thread is to write later, at no place of this one's yet.
  /// A builder like this one for a single reply, which begins empty; nullptr where nobody wants the
  /// reply. Throws std::bad_alloc.
  virtual std::unique_ptr<Reply> aside() const = 0;
  /// Writes what was written aside, to a builder that aside() gave. Takes no memory.
  virtual void take_over(Reply& aside) noexcept = 0;

  /// How many bytes of RESP were written so far; 0 where it is something else.
  virtual size_t written() const noexcept { return 0; }
  /// How many errors were written so far, nested ones included.
  size_t errors() const noexcept { return errors_; }

  /// A command has run and there was no memory for its reply: an error would say that it has not.
  struct Lost final : std::bad_alloc {
    const char* what() const noexcept override { return "no memory for the replies"; }
  };

  // When a command of several, each with a reply of its own, finds no memory.
  static constexpr Bytes kNoMemory =
      "OOM command not allowed when used memory > 'maxmemory'.";
  /// Where the next reply begins; what that means is the implementation's matter.
  struct Place {
    size_t size = 0;
    void* at[5] = {};
  };
  struct Mark {
    Place place;
    size_t errors;
  };
  Mark mark() const noexcept { return {place(), errors_}; }
  /// Takes back all that was written since the mark, complete or not.
  void take_back(const Mark& mark) noexcept {
    go_back(mark.place);
    errors_ = mark.errors;
  }
  /// Answers kNoMemory. False, and nothing is written, when there is no memory for that either.
  bool answer_no_memory() noexcept {
    const Mark before = mark();
    try {
      ++errors_;
      write_no_memory();
      return true;
    } catch (const std::bad_alloc&) {
      take_back(before);
      return false;
    }
  }

 protected:
  virtual void write_error(Bytes text) = 0;
  virtual void write_no_memory() { write_error(kNoMemory); }
  virtual Place place() const noexcept = 0;
  virtual void go_back(const Place& place) noexcept = 0;

  int protocol_ = 2;

 private:
  size_t errors_ = 0;
};

}  // namespace kevy
