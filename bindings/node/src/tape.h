// Tape: how the results of a call reach JavaScript. What is one string, number, null or boolean is
// returned as it is. For anything else the tape says what the returned value stands for, and
// lib/tape.js builds it: so arrays, Maps, errors are those of the caller's own realm, no function
// of JavaScript's is called from here (a Worker that is being terminated would be let go on by it),
// and a tree costs a few calls of N-API instead of one for each of its parts.
//
// The tape is an ArrayBuffer of 32-bit integers. The first says what the call had to say:
//   kValue    the value is returned as it is, and nothing is written
//   kPiece    a Buffer of the Pool, which is returned; the third and the fourth integer say where
//             it begins and how long it is
//   kText     a tree, whose strings lie one after the other in the string returned
//   kBytes    the same in an ArrayBuffer, from the third integer on, as many bytes as the fourth
//             says; the strings become Buffers. The second has kAscii when all bytes are ASCII, and
//             kPooled when the ArrayBuffer is the Pool
//   kParts    the same in an array of such strings or ArrayBuffers, each with as many of the tree's
//             strings as fit it, and of strings and Buffers that stand alone, all in the order of
//             their first use. The second integer has kOfBytes for ArrayBuffers
//   kLong     the array returned has an ArrayBuffer with the rest of a tape, beginning with what it
//             is, and the value that belongs to it
//   kError    the string returned is the text of an error reply
//   kNothing  there is no reply
//   kFailure  the second integer is a Failure's code, the string returned its message
// A tree begins at the fifth, one pair of integers for each of its nodes, root first: its type, and
// how many bytes or nodes belong to it; kAlone for what is not cut from anything. What is too long
// for a string is a Buffer there.
#pragma once

#include <napi.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "failure.h"
#include "pool.h"

namespace kevy::node {

/// What strings become. A status (OK, PONG) is text in either.
enum class Strings : bool { kText, kBuffers };
/// What integers become: bigints only where a number would not be exact, or all of them.
enum class Integers : bool { kNumbers, kBigInts };

/// Bytes as a JavaScript string; what is not UTF-8 becomes U+FFFD.
napi_value text_of(napi_env env, std::string_view bytes);

class Tape {
 public:
  explicit Tape(Napi::Env env);
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  Napi::Value memory() const { return memory_.Value(); }

  /// What a native function returns for a reply: nullptr stands for no reply.
  napi_value of_reply(const kevy_reply* reply, Strings strings, Integers integers);
  napi_value of_failure(const Failure& failure);

  // For a list that is no reply: begin, then each of its elements, then what finish returns.
  void begin(Strings strings, size_t count);
  void add_string(std::string_view bytes) { add_text(Node::kString, bytes); }
  /// Room for a string that add_written then adds.
  std::span<char> room() noexcept {
    return {text_.get() + text_size_, kSharedBytesMax - text_size_};
  }
  void add_written(size_t size) {
    if (parted_ || !fits(size)) return add_string({text_.get() + text_size_, size});
    add(Node::kString, static_cast<int32_t>(size));
    text_size_ += size;
  }
  void add_error(std::string_view text);
  void add_null();
  void add_reply(const kevy_reply* reply) { add_tree(reply); }
  napi_value finish();

 private:
  enum class Outcome : int32_t {
    kValue,
    kText,
    kBytes,
    kParts,
    kLong,
    kError,
    kNothing,
    kFailure,
    kPiece
  };
  // Types of nodes; those up to kBigInt have a string.
  enum class Node : int32_t {
    kString,
    kStatus,
    kError,
    kNumber,
    kBigInt,
    kInteger,
    kNull,
    kBoolean,
    kArray,
    kMap,
    kSet
  };

  struct Pair {
    int32_t first;
    int32_t second;
  };

  static constexpr size_t kSlots = 4096;
  static constexpr size_t kHeader = 2;  // in pairs
  static constexpr int32_t kAscii = 1;
  static constexpr int32_t kPooled = 2;
  static constexpr int32_t kOfBytes = 4;
  static constexpr int32_t kAlone = -1;
  // A string cut from a longer one keeps that alive, and so does a Buffer.
  static constexpr size_t kSharedTextMax = 2048;
  static constexpr size_t kSharedBytesMax = 65'536;

  void begin(Strings strings);
  int32_t& header(size_t index) {
    Pair& pair = nodes_[index / 2];
    return index % 2 == 0 ? pair.first : pair.second;
  }
  void add(Node node, int32_t size) { nodes_.push_back({static_cast<int32_t>(node), size}); }
  void add_tree(const kevy_reply* reply);
  void add_text(Node node, std::string_view bytes);
  /// Whether so many bytes more may share one string or one piece of memory.
  bool fits(size_t size) const noexcept { return size <= shared_max() - text_size_; }
  size_t shared_max() const noexcept {
    return strings_ == Strings::kText ? kSharedTextMax : kSharedBytesMax;
  }
  std::string_view text() const noexcept { return {text_.get(), text_size_}; }
  void add_integer(int64_t integer);
  void add_double(double number);
  /// From now on there are several parts.
  void part();
  /// Puts a string into one of them, and says how long it is there.
  int32_t place(Node node, std::string_view bytes);
  /// Ends the part that strings are put into.
  void end_part();
  /// What was written, as a string or an ArrayBuffer.
  napi_value shared_text();
  napi_value shared_bytes();
  napi_value pooled_bytes();
  /// A new array of what is no number, for which no setter of a prototype's runs: its constructor
  /// is given them.
  napi_value array_of(std::span<const napi_value> values);
  napi_value tell(Outcome outcome, napi_value value);
  napi_value of_piece(const Pool::Piece& piece);
  int32_t* slots();
  void say(Outcome outcome, int32_t detail = 0);

  Napi::Env env_;
  Napi::Reference<Napi::ArrayBuffer> memory_;
  Napi::FunctionReference array_;  // the constructor of arrays
  Pool pool_;
  Strings strings_ = Strings::kText;
  Integers integers_ = Integers::kNumbers;
  std::vector<Pair> nodes_;       // behind the header
  std::unique_ptr<char[]> text_;  // kSharedBytesMax, for the strings while they are short
  size_t text_size_ = 0;
  bool parted_ = false;
  std::vector<napi_value> parts_;
  size_t part_ = 0;  // the one that what was written will be
};

}  // namespace kevy::node
