// The ranges that commands on sorted sets take: by rank, by score, by the members' bytes.
#pragma once

#include <optional>

#include "command/sorted_set/access.h"

namespace kevy {

/// A score as ZADD takes it; answers `error` when the text is none.
std::optional<double> score_argument(Call& call, Bytes text, Bytes error = errors::kNotFloat);

/// From min to max; answers the error when one is no bound.
std::optional<ScoreRange> score_range_argument(Call& call, Bytes min, Bytes max);
std::optional<LexRange> lex_range_argument(Call& call, Bytes min, Bytes max);

/// The elements from rank `start` to `stop`, both counted from the end where they are below zero.
Ranks ranks_of(int64_t start, int64_t stop, uint64_t size) noexcept;

enum class RangeBy : uint8_t { kAny, kRank, kScore, kLex };

/// What ZRANGE and its relatives are told.
struct RangeArguments {
  RangeBy by;           // kAny: as an option says
  std::optional<Direction> direction;  // nothing: as an option says
  WithScores with_scores = WithScores::kNo;
  int64_t offset = 0, limit = -1;

  int64_t start = 0, stop = 0;
  ScoreRange scores{};
  LexRange lex{};

  Direction towards() const noexcept { return direction.value_or(Direction::kUp); }
  /// Reads the two bounds at `first` and the options behind them; false when an error was answered.
  bool read(Call& call, size_t first, bool may_have_scores);
  /// The elements that are meant.
  Ranks ranks(const SortedSet& set) const noexcept;

 private:
  bool read_options(Call& call, size_t first, bool may_have_scores);
  bool read_limit(Call& call, Bytes offset_text, Bytes limit_text);
};

}  // namespace kevy
