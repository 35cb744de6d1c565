#include "store/sorted_set/sorted_set.h"

#include <algorithm>

#include "store/packed/packed_pairs_writer.h"

namespace kevy {

namespace {

constexpr size_t kPairOverhead = 20;  // more than a pair and its offset take beside the member

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

}  // namespace

std::optional<double> SortedSet::score(Bytes member) const noexcept {
  if (entry_ == nullptr) return std::nullopt;
  if (packed()) {
    const PackedPairs pairs = this->pairs();
    const size_t index = pairs.find(Packing(member));
    return index != pairs.size() ? std::optional(pairs.score(index)) : std::nullopt;
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
  const PackedPairs pairs = this->pairs();
  const size_t index = pairs.find(Packing(member));
  if (index == pairs.size()) return std::nullopt;
  return Ranked{index, pairs.score(index)};
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
  const PackedPairs pairs = this->pairs();
  return between_counts(
      pairs.count_before([&](size_t index) { return !range.past_min(pairs.score(index)); }),
      pairs.count_before([&](size_t index) { return range.below_max(pairs.score(index)); }));
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
  const PackedPairs pairs = this->pairs();
  const size_t size = pairs.size();
  char digits[kIntegerTextMax];
  if (size != 0 && pairs.score(0) == pairs.score(size - 1)) {
    return between_counts(
        pairs.count_before([&](size_t at) { return !range.past_min(pairs.member(at, digits)); }),
        pairs.count_before([&](size_t at) { return range.below_max(pairs.member(at, digits)); }));
  }
  // Members are in no order, and Redis looks at one after another, in the direction asked for. The
  // first element must not be past the range, nor the last before it. Upwards, the elements are
  // those from the first past the minimum on that are not past the maximum; downwards likewise.
  Ranks up, down;
  bool first_fits = false, last_fits = false, in_up = false, ended = false;
  uint64_t run = 0;
  for (size_t rank = 0; rank < size; ++rank) {
    const Bytes member = pairs.member(rank, digits);
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
      make_packed(Packing(member), score);
    }
    return {Outcome::kAdded, score};
  }
  return packed() ? store_packed(member, score, rule, limits) : store_big(member, score, rule);
}

SortedSet::Stored SortedSet::store_packed(Bytes member, double score, ScoreRule rule,
                                          Limits limits) {
  const PackedPairs pairs = this->pairs();
  const Packing code(member);
  const size_t index = pairs.find(code);
  if (index != pairs.size()) {
    const Stored stored = apply(rule, pairs.score(index), score);
    if (stored.outcome != Outcome::kChanged) return stored;
    if (entry_->packed().size() + kPairOverhead > Keyspace::kPackedMax) {
      make_big();
      return store_big(member, stored.score, {});
    }
    const size_t rank = pairs.rank(stored.score, member);
    move_packed(pairs, index, rank > index ? rank - 1 : rank, code, stored.score);
    return stored;
  }
  if (rule.only_existing) return {Outcome::kRefused};
  if (pairs.size() >= limits.entries || member.size() > limits.bytes ||
      entry_->packed().size() + member.size() + kPairOverhead > Keyspace::kPackedMax) {
    make_big();
    return store_big(member, score, rule);
  }
  add_packed(pairs, code, score, pairs.rank(score, member));
  return {Outcome::kAdded, score};
}

SortedSet::Stored SortedSet::store_big(Bytes member, double score, ScoreRule rule) {
  SortedSetObject& set = object_to_change();
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

// The first pair.
void SortedSet::make_packed(const Packing& member, double score) {
  const PackedScore score_code(score);
  const PairsShape shape{member.size() + score_code.size(), 1};
  char* const to = keyspace_->put_packed(entry_, key_, Type::kZset, Encoding::kPacked,
                                         shape.bytes(), 1);
  PackedPairsWriter(to, PairsShape{}).insert(0, member, score_code);
}

void SortedSet::add_packed(const PackedPairs& pairs, const Packing& member, double score,
                           size_t index) {
  const PackedScore score_code(score);
  const PairsShape old = pairs.shape();
  const PairsShape now{old.pairs_bytes + member.size() + score_code.size(), old.count + 1};
  PackedPairsWriter(resize(now.bytes(), 1), old).insert(index, member, score_code);
}

void SortedSet::move_packed(const PackedPairs& pairs, size_t from, size_t to, const Packing& member,
                            double score) {
  const PackedScore score_code(score);
  const PairsShape old = pairs.shape();
  const PairsShape now{old.pairs_bytes - pairs.score_size(from) + score_code.size(), old.count};
  PackedPairsWriter writer(resize(std::max(now.bytes(), old.bytes()), 0), old);
  writer.move(from, to, member, score_code);
  if (now.bytes() < old.bytes()) resize(now.bytes(), 0);
}

void SortedSet::erase_packed(size_t first, size_t count) {
  PackedPairsWriter writer(resize(entry_->packed().size(), 0), pairs().shape());
  writer.erase(first, count);
  resize(writer.shape().bytes(), -static_cast<int>(count));
}

// Gives the set as many bytes, at the end; nothing throws when there are not to be more than now.
char* SortedSet::resize(size_t bytes, int counted) {
  const size_t now = entry_->packed().size();
  const size_t same = std::min(bytes, now);
  return keyspace_->splice(entry_, key_, same, now - same, bytes - same, counted) - same;
}

void SortedSet::make_big() {
  auto made = std::make_unique<SortedSetObject>();
  for_each([&](Bytes member, double score) {
    made->add(member, score);
    return Walk::kGoOn;
  });
  entry_ = keyspace_->set_object(key_, Type::kZset, std::move(made));
}

bool SortedSet::erase(Bytes member) {
  if (entry_ == nullptr) return false;
  if (packed()) {
    const PackedPairs pairs = this->pairs();
    const size_t index = pairs.find(Packing(member));
    if (index == pairs.size()) return false;
    erase_packed(index, 1);
    return true;
  }
  SortedSetObject& set = object_to_change();
  if (!set.erase(member)) return false;
  keyspace_->account(set);
  return true;
}

void SortedSet::erase(Ranks ranks) {
  if (ranks.count == 0) return;
  if (packed()) {
    erase_packed(ranks.first, ranks.count);
    return;
  }
  SortedSetObject& set = object_to_change();
  set.erase_ranks(ranks.first, ranks.count);
  keyspace_->account(set);
}

namespace {

// The shape of what would be packed; nothing where that passes the limits.
std::optional<PairsShape> packed_shape(const ScoreTree& order, const SortedSet::Limits& limits) {
  if (order.size() > limits.entries) return std::nullopt;
  size_t bytes = 0;
  bool small = true;
  order.visit_up(0, order.size(), [&](const ScoredMember& member, double score) {
    small = small && member.key().size() <= limits.bytes;
    bytes += Packing(member.key()).size() + PackedScore(score).size();
    return Walk::kGoOn;
  });
  const PairsShape shape{bytes, order.size()};
  if (!small || shape.bytes() > Keyspace::kPackedMax) return std::nullopt;
  return shape;
}

// Writes them to where the bytes in front can be read.
void write_packed(const ScoreTree& order, const PairsShape& shape, char* to) {
  PackedPairsWriter writer(to, shape);
  char* at = writer.pairs();
  order.visit_up(0, order.size(), [&](const ScoredMember& member, double score) {
    at = PackedScore(score).write(Packing(member.key()).write(at));
    return Walk::kGoOn;
  });
  writer.write_offsets();
}

}  // namespace

void SortedSet::put(Keyspace& keyspace, const Key& key, std::unique_ptr<SortedSetObject> object,
                    Limits limits) {
  const auto shape = packed_shape(object->order(), limits);
  if (!shape) {
    keyspace.store_object(key, Type::kZset, std::move(object));
    return;
  }
  write_packed(object->order(), *shape,
               keyspace.store_packed(key, Type::kZset, Encoding::kPacked, shape->bytes(),
                                     static_cast<uint32_t>(shape->count)));
}

Value SortedSet::value_of(std::unique_ptr<SortedSetObject> object, Limits limits) {
  const auto shape = packed_shape(object->order(), limits);
  if (!shape) return Value::big(Type::kZset, std::move(object));
  constexpr size_t kFront = 8;  // that can be read
  std::string bytes(kFront + shape->bytes(), '\0');
  write_packed(object->order(), *shape, bytes.data() + kFront);
  return Value::packed(Type::kZset, Encoding::kPacked, Bytes(bytes).substr(kFront), shape->count);
}

}  // namespace kevy
