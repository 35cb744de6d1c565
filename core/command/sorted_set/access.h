// What the handlers of sorted sets share: how they get at a set, and how they answer its elements.
#pragma once

#include "command/collection.h"
#include "store/sorted_set/sorted_set.h"

namespace kevy {

inline SortedSet::Limits sorted_set_limits(Call& call) {
  const PackedLimit& packed = call.runtime.settings().zset_packed;
  return {static_cast<size_t>(packed.entries.load(std::memory_order_relaxed)),
          static_cast<size_t>(packed.value.load(std::memory_order_relaxed))};
}

inline SortedSet sorted_set_of(Call& call, const Key& key, Entry* entry) {
  return {call.keyspace(key), key, entry};
}

/// Whether a score is answered with every member.
enum class WithScores : bool { kNo, kYes };

/// Announces `count` elements, which reply_element answers: in RESP3, those with scores are pairs.
inline void reply_elements(Reply& reply, uint64_t count, WithScores scores) {
  reply.array(scores == WithScores::kYes && reply.protocol() == 2 ? count * 2 : count);
}

inline void reply_element(Reply& reply, Bytes member, double score, WithScores scores) {
  if (scores == WithScores::kYes && reply.protocol() > 2) reply.array(2);
  reply.bulk(member);
  if (scores == WithScores::kYes) reply.real(score);
}

/// Removes elements of a set, reports it as `event`, and removes the key with the last of them:
/// then all go with it, in one step.
inline void remove_ranks(Call& call, const Key& key, SortedSet& set, Ranks ranks, Bytes event) {
  if (ranks.count == 0) return;
  const bool all = ranks.count == set.size();
  if (!all) set.erase(ranks);
  call.changed(key, kEventZset, event);
  call.count_as(key, ranks.count);
  if (all) erase_empty(call, key);
}

/// Puts a result in the place of whatever `key` has, or removes it when the result is empty, and
/// answers how many elements there are.
void store_sorted_set(Call& call, const Key& key, std::unique_ptr<SortedSetObject> result,
                      Bytes event);

/// The number of input keys in argument `counted`, behind which they stand; answers the error and
/// gives 0 when it is none, or there are not as many arguments.
size_t input_keys_argument(Call& call, size_t counted);

}  // namespace kevy
