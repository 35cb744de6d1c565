// What tests read of a big collection that a view shows in parts.
#pragma once

#include <set>
#include <string>

#include "store/hash/hash_object.h"
#include "store/set/set_object.h"
#include "store/sorted_set/scored_member.h"
#include "store/view/keyspace_view.h"

namespace kevy::test {

/// Adds a text of each element: use(element, value) or use(member, score), as the type has it.
template <typename OfMember, typename OfScored, typename OfField>
void for_each_element(const Entry& entry, const ElementImages& images, const OfMember& of_member,
                      const OfScored& of_scored, const OfField& of_field) {
  if (entry.type() == Type::kSet) {
    images.for_each<Member>([&](const Member& member, int64_t) { of_member(member.key()); });
  } else if (entry.type() == Type::kZset) {
    images.for_each<ScoredMember>(
        [&](const ScoredMember& member, int64_t) { of_scored(member.key(), member.score()); });
  } else {
    images.for_each<Field>([&](const Field& field, int64_t expires_at_ms) {
      of_field(field.key(), field.value(), expires_at_ms);
    });
  }
}

}  // namespace kevy::test
