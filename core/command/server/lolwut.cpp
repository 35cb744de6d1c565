// LOLWUT: the version, and a picture for whoever asks.
#include <algorithm>
#include <string>

#include "command/arguments.h"
#include "command/families.h"
#include "runtime/redis_version.h"

namespace kevy {

namespace {

// The odd numbers of Pascal's triangle, which are where both coordinates share no bit.
std::string triangle() {
  constexpr unsigned kRowsHigh = 16;
  std::string text;
  for (unsigned row = 0; row < kRowsHigh; ++row) {
    text.append(kRowsHigh - row - 1, ' ');
    for (unsigned column = 0; column <= row; ++column) {
      text += (column & (row - column)) == 0 ? "^ " : "  ";
    }
    text.back() = '\n';
  }
  return text;
}

// Any version is taken, and whatever else is wanted of the picture.
void lolwut(Call& call) {
  std::string text;
  if (call.argc() > 2 && equals_ignoring_case(call.args[1], "version")) {
    if (!integer_argument(call, call.args[2])) return;
  } else {
    text = triangle();
  }
  text += "Redis ver. " + std::string(kRedisVersion) + ", kevy " KEVY_VERSION_TEXT "\n";
  call.reply.verbatim("txt", text);
}

constexpr CommandRow kRows[] = {
    {.name = "lolwut",
     .arity = -1,
     .flags = kReadonly | kFast,
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Draws a picture, and answers the version.",
     .syntax = "[VERSION version:integer]",
     .handler = lolwut},
};

}  // namespace

CommandFamily lolwut_commands() { return kRows; }

}  // namespace kevy
