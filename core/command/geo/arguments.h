// What geo commands are told: positions, units, and all that a search is.
#pragma once

#include <string>

#include "command/arguments.h"
#include "command/geo/shape.h"
#include "command/sorted_set/access.h"

namespace kevy {

/// Answers the error where two arguments are no position.
std::optional<geo::Position> position_arguments(Call& call, Bytes longitude, Bytes latitude);
/// How many metres a unit has; answers the error when it is none.
std::optional<double> unit_argument(Call& call, Bytes text);
/// Where a member is; nothing when it is not there.
inline std::optional<geo::Position> position_of_member(const SortedSet& set, Bytes member) {
  const auto score = set.score(member);
  return score ? std::optional(geo::position_of(geo::bits_of(*score))) : std::nullopt;
}

/// A distance as Redis shows it, four digits after the point.
std::string format_distance(double distance);

void reply_position(Reply& reply, geo::Position position);

/// The ways of searching: GEOSEARCH, and what came before it.
enum class SearchForm : uint8_t { kSearch, kSearchStore, kRadius, kRadiusByMember };

struct GeoSearch {
  enum class Order : uint8_t { kNone, kAscending, kDescending };

  geo::Shape shape;
  Order order = Order::kNone;
  size_t count = 0;  // 0: all
  bool any = false;  // the first that are found, instead of the nearest
  bool with_distance = false, with_hash = false, with_position = false;
  size_t destination = 0;  // the argument with the key to store to; 0: none
  bool store_distance = false;

  /// Reads all arguments of a command on `set`, which is empty when there is none; false when an
  /// error was answered. `may_store`: whether GEORADIUS may.
  bool read(Call& call, SearchForm form, const SortedSet& set, bool may_store);

 private:
  enum class Option : uint8_t { kNone, kRead, kFailed };

  bool read_start(Call& call, SearchForm form, const SortedSet& set);
  bool read_options(Call& call, SearchForm form, const SortedSet& set, bool may_store,
                    size_t first);
  bool read_plain(Options& options);
  Option read_count(Call& call, Options& options);
  Option read_store(const Call& call, Options& options);
  Option read_origin(Call& call, Options& options, const SortedSet& set);
  Option read_shape(Call& call, Options& options);
  bool read_polygon(Call& call, Options& options);
  bool read_center(Call& call, const SortedSet& set, Bytes member);
  bool read_circle(Call& call, Bytes radius, Bytes unit);
  bool read_box(Call& call, Bytes width, Bytes height, Bytes unit);
  bool check(Call& call, SearchForm form) const;

  bool from_member_ = false, from_place_ = false;
};

}  // namespace kevy
