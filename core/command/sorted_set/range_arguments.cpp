#include "command/sorted_set/range_arguments.h"

#include <algorithm>
#include <string>

#include "command/arguments.h"

namespace kevy {

namespace {

// A bound of a range of scores. A zero byte ends it; nothing at all and what is beyond the range of
// a double are numbers here, though not in ZADD.
bool read_score_bound(Bytes text, double& score, bool& open) {
  open = !text.empty() && text[0] == '(';
  if (open) text.remove_prefix(1);
  text = before_nul(text);
  const auto number = text.empty() ? std::optional(0.0) : parse_double_clamped(text);
  if (number) score = *number;
  return number.has_value();
}

bool read_lex_bound(Bytes text, LexBound& bound) {
  if (text == "-") {
    bound.kind = LexBound::Kind::kLowest;
  } else if (text == "+") {
    bound.kind = LexBound::Kind::kHighest;
  } else if (!text.empty() && (text[0] == '[' || text[0] == '(')) {
    bound.kind = text[0] == '(' ? LexBound::Kind::kOpen : LexBound::Kind::kClosed;
    bound.member = text.substr(1);
  } else {
    return false;
  }
  return true;
}

// Of the elements in the order they are answered, those behind `offset`, at most `limit`.
Ranks limited(Ranks ranks, int64_t offset, int64_t limit, Direction direction) {
  if (offset < 0 || static_cast<uint64_t>(offset) >= ranks.count) return {};
  uint64_t count = ranks.count - static_cast<uint64_t>(offset);
  if (limit >= 0) count = std::min(count, static_cast<uint64_t>(limit));
  const uint64_t left = direction == Direction::kUp
                            ? static_cast<uint64_t>(offset)
                            : ranks.count - static_cast<uint64_t>(offset) - count;
  return {ranks.first + left, count};
}

}  // namespace

std::optional<double> score_argument(Call& call, Bytes text, Bytes error) {
  const auto score = parse_double(text);
  if (!score) call.error(error);
  return score;
}

std::optional<ScoreRange> score_range_argument(Call& call, Bytes min, Bytes max) {
  ScoreRange range{};
  if (read_score_bound(min, range.min, range.min_open) &&
      read_score_bound(max, range.max, range.max_open)) {
    return range;
  }
  call.error("ERR min or max is not a float");
  return std::nullopt;
}

std::optional<LexRange> lex_range_argument(Call& call, Bytes min, Bytes max) {
  LexRange range;
  if (read_lex_bound(min, range.min) && read_lex_bound(max, range.max)) return range;
  call.error("ERR min or max not valid string range item");
  return std::nullopt;
}

Ranks ranks_of(int64_t start, int64_t stop, uint64_t size) noexcept {
  const auto count = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + count, 0);
  if (stop < 0) stop += count;
  if (start > stop || start >= count) return {};
  stop = std::min(stop, count - 1);
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop - start + 1)};
}

bool RangeArguments::read_limit(Call& call, Bytes offset_text, Bytes limit_text) {
  const auto new_offset = integer_argument(call, offset_text);
  if (!new_offset) return false;
  const auto new_limit = integer_argument(call, limit_text);
  if (!new_limit) return false;
  offset = *new_offset;
  limit = *new_limit;
  return true;
}

bool RangeArguments::read_options(Call& call, size_t first, bool may_have_scores) {
  for (Options options(call.args, first); !options.done();) {
    if (may_have_scores && options.next_is("withscores")) {
      with_scores = WithScores::kYes;
    } else if (options.next_is("limit", 2)) {
      const Bytes offset_text = options.value();
      if (!read_limit(call, offset_text, options.value())) return false;
    } else if (!direction && options.next_is("rev")) {
      direction = Direction::kDown;
    } else if (by == RangeBy::kAny && options.next_is("bylex")) {
      by = RangeBy::kLex;
    } else if (by == RangeBy::kAny && options.next_is("byscore")) {
      by = RangeBy::kScore;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  if (by == RangeBy::kAny) by = RangeBy::kRank;
  return true;
}

bool RangeArguments::read(Call& call, size_t first, bool may_have_scores) {
  if (!read_options(call, first + 2, may_have_scores)) return false;
  if (limit != -1 && by == RangeBy::kRank) {
    call.error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (with_scores == WithScores::kYes && by == RangeBy::kLex) {
    call.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  const Bytes from = call.args[first], to = call.args[first + 1];
  const bool up = towards() == Direction::kUp;
  const Bytes min = up ? from : to, max = up ? to : from;
  if (by == RangeBy::kScore) {
    const auto range = score_range_argument(call, min, max);
    if (range) scores = *range;
    return range.has_value();
  }
  if (by == RangeBy::kLex) {
    const auto range = lex_range_argument(call, min, max);
    if (range) lex = *range;
    return range.has_value();
  }
  const auto first_rank = integer_argument(call, from);
  if (!first_rank) return false;
  const auto last_rank = integer_argument(call, to);
  if (!last_rank) return false;
  start = *first_rank;
  stop = *last_rank;
  return true;
}

Ranks RangeArguments::ranks(const SortedSet& set) const noexcept {
  if (by == RangeBy::kScore) return limited(set.between(scores), offset, limit, towards());
  if (by == RangeBy::kLex) {
    return limited(set.between(lex, towards()), offset, limit, towards());
  }
  const Ranks ranks = ranks_of(start, stop, set.size());
  if (towards() == Direction::kUp || ranks.count == 0) return ranks;
  return {set.size() - ranks.first - ranks.count, ranks.count};
}

}  // namespace kevy
