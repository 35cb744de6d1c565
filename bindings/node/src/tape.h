// Tape: how the results of a call reach JavaScript. What is one string, number, null or boolean is
// returned as it is. For anything else the tape says what the returned value stands for, and
// lib/tape.js builds it: so arrays, Maps, errors are those of the caller's own realm, no function
// of JavaScript's is called from here (a Worker that is being terminated would be let go on by it),
// and a tree costs a few calls of N-API instead of one for each of its parts.
//
// The tape is an ArrayBuffer of 32-bit integers. The first says what the call had to say:
//   kValue    the value is returned as it is, and nothing is written
//   kText     a tree, whose strings lie one after the other in the string returned
//   kBytes    the same in an ArrayBuffer; the strings become Buffers. The second integer is 1 when
//             all bytes are ASCII
//   kParts    the same in an array, one element a string
//   kLong     the array returned has an ArrayBuffer with the rest of a tape, beginning with what it
//             is, and the value that belongs to it
//   kError    the string returned is the text of an error reply
//   kNothing  there is no reply
//   kFailure  the second integer is a Failure's code, the string returned its message
// A tree is then one pair of integers for each of its nodes, root first: its type, and how many
// bytes or nodes belong to it. What is too long for a string is a Buffer there.
#pragma once

#include <napi.h>

#include <string>
#include <string_view>
#include <vector>

#include "failure.h"

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
  void add_string(std::string_view bytes);
  void add_error(std::string_view text);
  void add_null();
  void add_reply(const kevy_reply* reply) { add_tree(reply); }
  napi_value finish();

 private:
  enum class Outcome : int32_t { kValue, kText, kBytes, kParts, kLong, kError, kNothing, kFailure };
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

  static constexpr size_t kSlots = 4096;
  // A string cut from a longer one keeps that alive, and so does a Buffer.
  static constexpr size_t kSharedTextMax = 2048;
  static constexpr size_t kSharedBytesMax = 65'536;

  void begin(Strings strings);
  void add(Node node, size_t size) {
    nodes_.push_back(static_cast<int32_t>(node));
    nodes_.push_back(static_cast<int32_t>(size));
  }
  void add_tree(const kevy_reply* reply);
  void add_text(Node node, std::string_view bytes);
  void add_part(Node node, std::string_view bytes);
  void add_integer(int64_t integer);
  void add_double(double number);
  /// From now on each string is made by itself.
  void part();
  int32_t* slots();
  void say(Outcome outcome, int32_t detail = 0);

  Napi::Env env_;
  Napi::Reference<Napi::ArrayBuffer> memory_;
  Strings strings_ = Strings::kText;
  Integers integers_ = Integers::kNumbers;
  std::vector<int32_t> nodes_;  // the outcome and a detail, then pairs
  std::string text_;            // while it is short
  napi_value parts_ = nullptr;  // from then on
  uint32_t part_count_ = 0;
};

}  // namespace kevy::node
