// What the tests of sets share: a keyspace, and a set under one key beside its model.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "store/set/set.h"
#include "unit/store/space.h"

namespace kevy::test {

using Model = std::set<std::string>;

inline Model contents(const Set& set) {
  Model found;
  set.for_each([&](Bytes member) {
    REQUIRE(found.emplace(member).second);
    return Walk::kGoOn;
  });
  return found;
}

struct SetSpace : Space {
  static constexpr Set::Limits kLimits{512, 128, 64};
  Set set(Bytes name) {
    const Key wanted = key(name);
    return {keys, wanted, keys.find(wanted)};
  }
  /// A set of these members, in the form they ask for.
  Set make(Bytes name, const Model& members, const Set::Limits& limits = kLimits) {
    Set made = set(name);
    for (const std::string& member : members) made.add(member, limits);
    return made;
  }
  /// Erases the key if nothing is left in it.
  void erase(Bytes name, Bytes member) {
    Set from = set(name);
    from.erase(member);
    if (from.entry() != nullptr && from.empty()) keys.erase(key(name));
  }
};

}  // namespace kevy::test
