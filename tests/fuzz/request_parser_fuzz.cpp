// B10 B34: a stream of requests is the same commands and the same protocol error wherever the bytes
// are cut, and what a client announces but does not send costs no memory.
//
// Input: a seed for the cuts, the limits, then the stream.
#include <string>
#include <vector>

#include "base/random.h"
#include "fuzz.h"
#include "resp/request_parser.h"

namespace {

using kevy::Bytes;

// From here on an inline line without an end is an error, which does depend on the cuts.
constexpr size_t kStreamMax = 64 * 1024;

struct Parsed {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  bool operator==(const Parsed&) const = default;
};

/// Parses `stream`, given in pieces whose sizes `piece_size` chooses; `ahead`: reads ahead;
/// `asks`, anew each time: asks before whether a command has come. Gives memory back between the
/// pieces.
template <typename Asks, typename PieceSize>
Parsed parse(Bytes stream, const kevy::RequestParser::Limits& limits, bool ahead, Asks asks,
             PieceSize piece_size) {
  Parsed parsed;
  kevy::InputBuffer buffer;
  kevy::RequestParser parser;
  while (!stream.empty()) {
    const Bytes piece = stream.substr(0, piece_size());
    stream.remove_prefix(piece.size());
    // A copy of the exact size, so that a sanitizer sees a read beyond what was given.
    const std::vector<char> given(piece.begin(), piece.end());
    buffer.append({given.data(), given.size()});
    FUZZ_CHECK(buffer.capacity() <= 2 * kStreamMax);
    for (;;) {
      if (ahead && !parser.has_ahead()) parser.read_ahead(buffer, limits);
      const bool has_come = !asks() || parser.has_come(buffer, limits);
      const auto outcome = parser.next(buffer, limits);
      if (outcome == kevy::RequestParser::Outcome::kNeedMore) break;
      FUZZ_CHECK(has_come);
      if (outcome == kevy::RequestParser::Outcome::kProtocolError) {
        parsed.error = parser.error();
        FUZZ_CHECK(parsed.error.starts_with("ERR Protocol error: "));
        return parsed;
      }
      FUZZ_CHECK(!parser.args().empty());
      parsed.commands.emplace_back(parser.args().begin(), parser.args().end());
    }
    parser.shrink();
    buffer.shrink();
  }
  return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  kevy::Random random(input.raw<uint16_t>());
  const uint8_t shape = input.byte();
  kevy::RequestParser::Limits limits;
  limits.authenticated = (shape & 1) != 0;
  if ((shape & 2) != 0) limits.bulk_max = 64;
  const Bytes stream = input.rest().substr(0, kStreamMax);

  const auto all = [&] { return stream.size(); };
  const auto some = [&] { return 1 + random.below(stream.size()); };
  const auto few = [&] { return 1 + random.below(3); };
  const auto never = [] { return false; };
  const auto sometimes = [&] { return random.below(2) == 0; };
  const Parsed whole = parse(stream, limits, false, never, all);
  FUZZ_CHECK(parse(stream, limits, true, never, all) == whole);
  FUZZ_CHECK(parse(stream, limits, true, sometimes, some) == whole);
  FUZZ_CHECK(parse(stream, limits, false, never, few) == whole);
  FUZZ_CHECK(parse(stream, limits, false, sometimes, few) == whole);
  return 0;
}
