#include "store/sorted_set.h"

#include <algorithm>

#include "base/prefetch.h"

namespace kevy {

namespace {

constexpr size_t kPairOverhead = 16;  // more than the codes of a pair have beside the member

// What a rule makes of a score where there is one, `before`, already.
SortedSet::Stored apply(ScoreRule rule, double before, double score) noexcept {
  using Outcome = SortedSet::Outcome;
  if (rule.only_new) return {Outcome::kRefused};
  if (rule.add) {
    score += before;
    if (std::isnan(score)) return {Outcome::kNotANumber};
  }
  if ((rule.only_less && score >= before) || (rule.only_greater && score <= before)) {
    return {Outcome::kRefused};
  }
  if (score == before) return {Outcome::kSame, score};
  return {Outcome::kChanged, score};
}

// The elements that are before or at `first` at first, and after the last no more.
Ranks between_counts(uint64_t below, uint64_t up_to_max) noexcept {
  return up_to_max > below ? Ranks{below, up_to_max - below} : Ranks{};
}

// Out of the way of the walks, which have few registers.
[[gnu::noinline]] bool is_greater(const ScoredCursor& cursor, Bytes member) noexcept {
  char digits[kIntegerTextMax];
  return cursor.member(digits) > member;
}

// A walk through a set that nobody has used lately would wait for one cache line after another.
void fetch_ahead(Bytes sequence) noexcept {
  constexpr size_t kLine = 64, kMost = 4096;
  const size_t size = std::min(sequence.size(), kMost);
  for (size_t at = 0; at < size; at += kLine) prefetch_line(sequence.data() + at);
}

}  // namespace

/// Where a member and a score belong in a packed set.
struct SortedSet::Place {
  static constexpr size_t kNone = SIZE_MAX;
  size_t at = kNone;  // where the member's pair starts
  size_t size = 0;    // of its pair
  double score = 0;
  size_t place = kNone;  // of the first other pair behind the member with the score looked for
};

// One walk for both; `score` may be left out.
SortedSet::Place SortedSet::look(Bytes member, const double* score) const noexcept {
  const Bytes all = entry_->packed();
  fetch_ahead(all);
  const Packing code(member);
  const PackedProbe probe(code);
  const double wanted = score != nullptr ? *score : 0;
  ScoredCursor cursor(all);
  const auto is_behind = [&] {
    const double other = cursor.score();
    if (other < wanted) [[likely]] return false;
    return other > wanted || is_greater(cursor, member);
  };
  Place place;
  const auto found = [&] {
    place.at = cursor.offset();
    place.size = cursor.size();
    place.score = cursor.score();
  };
  if (score != nullptr) {
    for (; !cursor.done(); cursor.next()) {
      if (cursor.member_is(probe)) {
        found();
        do {
          cursor.next();
        } while (!cursor.done() && !is_behind());
        break;
      }
      if (is_behind()) break;
    }
    place.place = cursor.offset();
    if (place.at != Place::kNone) return place;
  }
  for (; !cursor.done(); cursor.next()) {
    if (!cursor.member_is(probe)) continue;
    found();
    break;
  }
  return place;
}

std::optional<double> SortedSet::score(Bytes member) const noexcept {
  if (entry_ == nullptr) return std::nullopt;
  if (packed()) {
    const Place place = look(member, nullptr);
    return place.at != Place::kNone ? std::optional(place.score) : std::nullopt;
  }
  const ScoredMember* found = object().find(member);
  return found != nullptr ? std::optional(found->score()) : std::nullopt;
}

std::optional<SortedSet::Ranked> SortedSet::rank(Bytes member) const noexcept {
  if (entry_ == nullptr) return std::nullopt;
  if (!packed()) {
    const ScoredMember* found = object().find(member);
    if (found == nullptr) return std::nullopt;
    return Ranked{object().order().rank(found->score(), member), found->score()};
  }
  fetch_ahead(entry_->packed());
  const Packing code(member);
  const PackedProbe probe(code);
  uint64_t rank = 0;
  for (ScoredCursor cursor(entry_->packed()); !cursor.done(); cursor.next(), ++rank) {
    if (cursor.member_is(probe)) return Ranked{rank, cursor.score()};
  }
  return std::nullopt;
}

Ranks SortedSet::between(const ScoreRange& range) const noexcept {
  if (entry_ == nullptr) return {};
  if (!packed()) {
    const ScoreTree& order = object().order();
    return between_counts(
        order.count_before(
            [&](double score, const ScoredMember&) { return !range.past_min(score); }),
        order.count_before([&](double score, const ScoredMember&) { return range.below_max(score); }));
  }
  fetch_ahead(entry_->packed());
  Ranks ranks;
  for (ScoredCursor cursor(entry_->packed()); !cursor.done(); cursor.next()) {
    const double score = cursor.score();
    if (!range.below_max(score)) break;
    if (range.past_min(score)) {
      ++ranks.count;
    } else {
      ++ranks.first;
    }
  }
  return ranks.count != 0 ? ranks : Ranks{};
}

Ranks SortedSet::between(const LexRange& range, Direction direction) const noexcept {
  if (entry_ == nullptr) return {};
  if (!packed()) {
    const ScoreTree& order = object().order();
    return between_counts(
        order.count_before(
            [&](double, const ScoredMember& member) { return !range.past_min(member.key()); }),
        order.count_before(
            [&](double, const ScoredMember& member) { return range.below_max(member.key()); }));
  }
  // The first element must not be past the range, nor the last before it. Upwards, the elements are
  // those from the first past the minimum on that are not past the maximum; downwards likewise.
  Ranks up, down;
  bool first_fits = false, last_fits = false, in_up = false, ended = false;
  char digits[kIntegerTextMax];
  uint64_t rank = 0, run = 0;
  for (ScoredCursor cursor(entry_->packed()); !cursor.done(); cursor.next(), ++rank) {
    const Bytes member = cursor.member(digits);
    const bool past_min = range.past_min(member), below_max = range.below_max(member);
    if (rank == 0) first_fits = below_max;
    last_fits = past_min;
    if (past_min && !in_up) {
      in_up = true;
      up.first = rank;
    }
    if (in_up && !ended) {
      if (below_max) {
        ++up.count;
      } else {
        ended = true;
      }
    }
    run = past_min ? run + 1 : 0;  // of elements past the minimum that end here
    if (below_max) down = {rank + 1 - run, run};
  }
  if (!first_fits || !last_fits) return {};
  return direction == Direction::kUp ? up : down;
}

SortedSet::Stored SortedSet::store(Bytes member, double score, ScoreRule rule, Limits limits) {
  if (entry_ == nullptr) {
    if (rule.only_existing) return {Outcome::kRefused};
    if (limits.entries == 0 || member.size() > limits.bytes) {
      auto made = std::make_unique<SortedSetObject>();
      made->add(member, score);
      entry_ = keyspace_->set_object(key_, Type::kZset, std::move(made));
    } else {
      entry_ = keyspace_->make_packed(key_, Type::kZset, Encoding::kPacked);
      add_packed(member, score, 0);
    }
    return {Outcome::kAdded, score};
  }
  return packed() ? store_packed(member, score, rule, limits) : store_big(member, score, rule);
}

SortedSet::Stored SortedSet::store_packed(Bytes member, double score, ScoreRule rule,
                                          Limits limits) {
  Place place = look(member, rule.add ? nullptr : &score);
  if (place.at != Place::kNone) {
    const Stored stored = apply(rule, place.score, score);
    if (stored.outcome != Outcome::kChanged) return stored;
    if (entry_->packed().size() + kPairOverhead > Keyspace::kPackedMax) {
      make_big();
      return store_big(member, stored.score, {});
    }
    if (rule.add) place = look(member, &stored.score);
    replace_packed(place, member, stored.score);
    return stored;
  }
  if (rule.only_existing) return {Outcome::kRefused};
  if (entry_->packed_count() >= limits.entries || member.size() > limits.bytes ||
      entry_->packed().size() + member.size() + kPairOverhead > Keyspace::kPackedMax) {
    make_big();
    return store_big(member, score, rule);
  }
  if (rule.add) place = look(member, &score);
  add_packed(member, score, place.place);
  return {Outcome::kAdded, score};
}

SortedSet::Stored SortedSet::store_big(Bytes member, double score, ScoreRule rule) {
  SortedSetObject& set = object();
  ScoredMember* found = set.find(member);
  Stored stored{Outcome::kAdded, score};
  if (found == nullptr) {
    if (rule.only_existing) return {Outcome::kRefused};
    set.add(member, score);
  } else {
    stored = apply(rule, found->score(), score);
    if (stored.outcome != Outcome::kChanged) return stored;
    set.set_score(found, stored.score);
  }
  keyspace_->account(set);
  return stored;
}

void SortedSet::add_packed(Bytes member, double score, size_t at) {
  const Packing member_code(member);
  const PackedScore score_code(score);
  char* to = keyspace_->splice(entry_, key_, at, 0, member_code.size() + score_code.size(), 1);
  score_code.write(member_code.write(to));
}

// The pair moves past those between its old and its new place.
void SortedSet::replace_packed(const Place& old, Bytes member, double score) {
  const Packing member_code(member);
  const PackedScore score_code(score);
  const size_t size = member_code.size() + score_code.size();
  char* to = keyspace_->splice(entry_, key_, old.at, old.size, size, 0);
  if (old.place > old.at) {
    const size_t between = old.place - (old.at + old.size);
    std::memmove(to, to + size, between);
    to += between;
  } else {
    const size_t between = old.at - old.place;
    std::memmove(to - between + size, to - between, between);
    to -= between;
  }
  score_code.write(member_code.write(to));
}

void SortedSet::make_big() {
  auto made = std::make_unique<SortedSetObject>();
  for_each([&](Bytes member, double score) { made->add(member, score); });
  entry_ = keyspace_->set_object(key_, Type::kZset, std::move(made));
}

bool SortedSet::erase(Bytes member) {
  if (entry_ == nullptr) return false;
  if (packed()) {
    const Place place = look(member, nullptr);
    if (place.at == Place::kNone) return false;
    keyspace_->splice(entry_, key_, place.at, place.size, 0, -1);
    return true;
  }
  SortedSetObject& set = object();
  if (!set.erase(member)) return false;
  keyspace_->account(set);
  return true;
}

void SortedSet::erase(Ranks ranks) {
  if (ranks.count == 0) return;
  if (packed()) {
    ScoredCursor cursor(entry_->packed());
    cursor.skip(ranks.first);
    const size_t begin = cursor.offset();
    cursor.skip(ranks.count);
    keyspace_->splice(entry_, key_, begin, cursor.offset() - begin, 0,
                      -static_cast<int>(ranks.count));
    return;
  }
  SortedSetObject& set = object();
  set.erase_ranks(ranks.first, ranks.count);
  keyspace_->account(set);
}

void SortedSet::put(Keyspace& keyspace, const Key& key, std::unique_ptr<SortedSetObject> object,
                    Limits limits) {
  const ScoreTree& order = object->order();
  size_t bytes = 0;
  bool small = order.size() <= limits.entries;
  if (small) {
    order.visit_up(0, order.size(), [&](const ScoredMember& member, double score) {
      small = small && member.key().size() <= limits.bytes;
      bytes += Packing(member.key()).size() + PackedScore(score).size();
    });
  }
  if (!small || bytes > Keyspace::kPackedMax) {
    keyspace.set_object(key, Type::kZset, std::move(object));
    return;
  }
  Entry* entry = keyspace.make_packed(key, Type::kZset, Encoding::kPacked);
  char* to = keyspace.splice(entry, key, 0, 0, bytes, static_cast<int>(order.size()));
  order.visit_up(0, order.size(), [&](const ScoredMember& member, double score) {
    to = PackedScore(score).write(Packing(member.key()).write(to));
  });
}

}  // namespace kevy
