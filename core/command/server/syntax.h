// The notation in which a row tells its arguments, and the tree that COMMAND DOCS shows of them.
//
//   key                   A value. Its type follows from the name, or stands behind it, as in
//                         start:integer.
//
//   NX                    A token: a word to be given as it is. Names in lower case are values.
//
//   MATCH pattern         One argument that a token introduces: a sequence that begins with one.
//
//   [a b]                 May be left out.
//
//   <a|b>                 One of several sequences. The < > may be missing inside of [ ] and at the
//                         top.
//
//   <a|b> ...             One after another, as many as one likes.
//
//   key [key ...]         Once or more often. All names before that are repeated belong together,
//                         and so does a token that is repeated with its value, as in
//                         [GET pattern [GET pattern ...]].
//
// Rows are written by us, so a syntax that is none is a programmer's error.
#pragma once

#include <string>
#include <vector>

#include "runtime/dispatch/command.h"

namespace kevy {

struct Argument {
  /// For identification: the value's name, the token in lower case, or the names in it joined by _.
  std::string name;
  /// As COMMAND DOCS says it: "key", "string", "integer", "pure-token", "oneof", "block", ...
  Bytes type;
  std::string token;
  bool optional = false;
  bool multiple = false;
  /// Whether the token stands before each of several.
  bool multiple_token = false;
  /// Which of the row's key specifications finds this key; -1 when it is no key.
  int key_spec = -1;
  /// What a block or a oneof is made of.
  std::vector<Argument> arguments;
};

/// The arguments of a row, in order. Any thread.
std::vector<Argument> parse_syntax(const CommandRow& row);

}  // namespace kevy
