// What tests read of a big collection that a view shows in parts.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "store/hash/hash_object.h"
#include "store/list/list_pieces.h"
#include "store/list/list_view.h"
#include "store/set/set_object.h"
#include "store/sorted_set/scored_member.h"
#include "store/view/keyspace_view.h"

namespace kevy::test {

/// What ObjectView::size() counts: elements, or pieces of a list.
inline size_t count_of(const Entry& entry, const ElementImages& images) {
  if (entry.type() != Type::kList) return images.count();
  size_t pieces = 0;
  std::string expanded;
  images.for_each<ListImage>([&](const ListImage& image, int64_t) {
    for_each_list_piece(image.run(expanded), [&](const ListRun&) { ++pieces; });
  });
  return pieces;
}

inline void for_each_element(const ListRun& run, const std::function<void(Bytes)>& use) {
  char digits[kIntegerTextMax];
  for (const char* at = run.begin(); at != run.end(); at += list_element_size(at)) {
    use(read_packed(at).text(digits));
  }
}

/// Adds a text of each element: use(element), use(element, value) or use(member, score), as the type
/// has it.
template <typename OfElement, typename OfMember, typename OfScored, typename OfField>
void for_each_element(const Entry& entry, const ElementImages& images, const OfElement& of_element,
                      const OfMember& of_member, const OfScored& of_scored,
                      const OfField& of_field) {
  if (entry.type() == Type::kList) {
    std::string expanded;
    images.for_each<ListImage>([&](const ListImage& image, int64_t) {
      for_each_element(image.run(expanded), of_element);
    });
  } else if (entry.type() == Type::kSet) {
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
