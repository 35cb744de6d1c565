// Searching for what is near: GEOSEARCH, GEOSEARCHSTORE, and GEORADIUS with its relatives.
#include <algorithm>

#include "command/families.h"
#include "command/geo/areas.h"
#include "command/geo/arguments.h"
#include "command/key_specs.h"

namespace kevy {

namespace {

/// A member that was found. Its name lies among all names, since what a set shows of its members
/// is good for a moment only.
struct Match {
  size_t name_at, name_size;
  double distance;  // in metres
  double score;
  geo::Position position;
};

class Matches {
 public:
  void find(const SortedSet& set, const GeoSearch& search);
  /// Puts those to be answered, which are then the first ones, in their order.
  void order(const GeoSearch& search);

  std::span<const Match> answered() const noexcept { return matches_; }
  Bytes name(const Match& match) const noexcept {
    return Bytes(names_).substr(match.name_at, match.name_size);
  }

 private:
  Walk look_at(Bytes member, double score, const geo::Inside& inside, size_t most);

  std::vector<Match> matches_;
  std::string names_;
};

void Matches::find(const SortedSet& set, const GeoSearch& search) {
  const geo::Inside inside(search.shape);
  const size_t most = search.any ? search.count : SIZE_MAX;
  for (const auto [first, end] : areas_of(search.shape, inside.bounds())) {
    const Ranks ranks =
        set.between(ScoreRange{static_cast<double>(first), static_cast<double>(end), false, true});
    const Walk walk = set.visit(ranks, Direction::kUp, [&](Bytes member, double score) {
      return look_at(member, score, inside, most);
    });
    if (walk == Walk::kStop) return;
  }
}

Walk Matches::look_at(Bytes member, double score, const geo::Inside& inside, size_t most) {
  const geo::Position position = geo::position_of(geo::bits_of(score));
  const auto distance = inside.distance_to(position);
  if (!distance) return Walk::kGoOn;
  matches_.push_back({names_.size(), member.size(), *distance, score, position});
  names_ += member;
  return matches_.size() < most ? Walk::kGoOn : Walk::kStop;
}

void Matches::order(const GeoSearch& search) {
  using Order = GeoSearch::Order;
  const size_t all = matches_.size();
  const size_t answered = search.count == 0 ? all : std::min(all, search.count);
  // The nearest are meant when only some are, unless it says that any will do.
  Order order = search.order;
  if (order == Order::kNone && search.count != 0 && !search.any) order = Order::kAscending;
  if (order != Order::kNone) {
    const bool ascending = order == Order::kAscending;
    // Those that are as far as others stay in the order in which they were found.
    const auto before = [&](const Match& a, const Match& b) {
      if (a.distance != b.distance) return (a.distance < b.distance) == ascending;
      return a.name_at < b.name_at;
    };
    if (answered < all) {
      const auto end = matches_.begin() + static_cast<std::ptrdiff_t>(answered);
      std::partial_sort(matches_.begin(), end, matches_.end(), before);
    } else {
      std::sort(matches_.begin(), matches_.end(), before);
    }
  }
  matches_.resize(answered);
}

void answer(Call& call, const GeoSearch& search, const Matches& matches) {
  const size_t options = (search.with_distance ? 1u : 0u) + (search.with_hash ? 1u : 0u) +
                         (search.with_position ? 1u : 0u);
  Reply& reply = call.reply;
  reply.array(matches.answered().size());
  for (const Match& match : matches.answered()) {
    if (options != 0) reply.array(1 + options);
    reply.bulk(matches.name(match));
    if (search.with_distance) reply.bulk(format_distance(match.distance / search.shape.unit));
    if (search.with_hash) reply.integer(static_cast<int64_t>(match.score));
    if (search.with_position) reply_position(reply, match.position);
  }
}

void store(Call& call, const GeoSearch& search, const Matches& matches, Bytes event) {
  auto result = std::make_unique<SortedSetObject>();
  for (const Match& match : matches.answered()) {
    const double distance = match.distance / search.shape.unit;
    result->gather(matches.name(match), search.store_distance ? distance : match.score);
  }
  result->order_gathered();
  const size_t size = result->size();
  const Key key = call.key(search.destination);
  store_sorted_set(call, key, std::move(result), event);
  if (size != 0) call.count_as(key, size);
}

void run_search(Call& call, SearchForm form, bool may_store, size_t source) {
  const Found found = find_to_read(call, call.key(source), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  GeoSearch search;
  if (!search.read(call, form, set, may_store)) return;
  Matches matches;
  if (!set.empty()) matches.find(set, search);
  matches.order(search);
  if (search.destination == 0) {
    answer(call, search, matches);
  } else {
    const bool old_form = form == SearchForm::kRadius || form == SearchForm::kRadiusByMember;
    store(call, search, matches, old_form ? "georadiusstore" : "geosearchstore");
  }
}

void geosearch(Call& call) { run_search(call, SearchForm::kSearch, false, 1); }
void geosearchstore(Call& call) { run_search(call, SearchForm::kSearchStore, false, 2); }
void georadius(Call& call) { run_search(call, SearchForm::kRadius, true, 1); }
void georadius_ro(Call& call) { run_search(call, SearchForm::kRadius, false, 1); }
void georadiusbymember(Call& call) { run_search(call, SearchForm::kRadiusByMember, true, 1); }
void georadiusbymember_ro(Call& call) { run_search(call, SearchForm::kRadiusByMember, false, 1); }

/// The key behind the last STORE or STOREDIST.
size_t destination_argument(Args args, size_t first) {
  size_t found = 0;
  for (size_t i = first; i + 1 < args.size(); ++i) {
    if (!equals_ignoring_case(args[i], "store") && !equals_ignoring_case(args[i], "storedist")) {
      continue;
    }
    found = ++i;
  }
  return found;
}
size_t radius_destination(Args args) { return destination_argument(args, 6); }
size_t radius_by_member_destination(Args args) { return destination_argument(args, 5); }
uint16_t destination_flags(Args) { return kKeyOW | kKeyUpdate; }

constexpr KeySpec kDestinationAndSource[] = {{1, 1, 1, kKeyOW | kKeyUpdate},
                                             {2, 2, 1, kKeyRO | kKeyAccess}};
constexpr uint16_t kDestinationFlags = kKeyOW | kKeyUpdate | kKeyVariable;
constexpr KeySpec kRadiusKeys[] = {{1, 1, 1, kKeyRO | kKeyAccess},
                                   {6, 0, 1, kDestinationFlags, KeySearch::kKeyword, "STORE"},
                                   {6, 0, 1, kDestinationFlags, KeySearch::kKeyword, "STOREDIST"}};
constexpr KeySpec kRadiusByMemberKeys[] = {
    {1, 1, 1, kKeyRO | kKeyAccess},
    {5, 0, 1, kDestinationFlags, KeySearch::kKeyword, "STORE"},
    {5, 0, 1, kDestinationFlags, KeySearch::kKeyword, "STOREDIST"}};

constexpr uint32_t kStores = kWrite | kDenyOom | kMovableKeys;
constexpr Bytes kComplexity =
    "O(N+log(M)): N the members in the cells that the shape touches, M all members";

constexpr CommandRow kRows[] = {
    {.name = "geosearch",
     .arity = -7,
     .flags = kReadonly,
     .categories = kAclGeo,
     .keys = kOneReadAccess,
     .group = "geo",
     .since = "6.2.0",
     .complexity = kComplexity,
     .summary = "Finds the members inside of a circle, a box or a polygon.",
     .syntax = "key [FROMMEMBER member|FROMLONLAT longitude:double latitude:double] "
               "<BYRADIUS radius:double <M|KM|FT|MI>|BYBOX width:double height:double "
               "<M|KM|FT|MI>|BYPOLYGON num-vertices:integer <longitude:double latitude:double> "
               "...> [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
     .handler = geosearch},
    {.name = "geosearchstore",
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .categories = kAclGeo,
     .keys = kDestinationAndSource,
     .group = "geo",
     .since = "6.2.0",
     .complexity = kComplexity,
     .summary = "Stores the members inside of a circle, a box or a polygon.",
     .syntax = "destination:key source:key "
               "[FROMMEMBER member|FROMLONLAT longitude:double latitude:double] "
               "<BYRADIUS radius:double <M|KM|FT|MI>|BYBOX width:double height:double "
               "<M|KM|FT|MI>|BYPOLYGON num-vertices:integer <longitude:double latitude:double> "
               "...> [ASC|DESC] [COUNT count [ANY]] [STOREDIST]",
     .handler = geosearchstore},
    {.name = "georadius",
     .arity = -6,
     .flags = kStores,
     .categories = kAclGeo,
     .keys = kRadiusKeys,
     .group = "geo",
     .since = "3.2.0",
     .complexity = kComplexity,
     .summary = "Finds or stores the members near a position.",
     .syntax = "key longitude:double latitude:double radius:double <M|KM|FT|MI> [WITHCOORD] "
               "[WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] "
               "[STORE storekey:key|STOREDIST storedistkey:key]",
     .handler = georadius,
     .further_key = radius_destination,
     .key_flags = destination_flags},
    {.name = "georadius_ro",
     .arity = -6,
     .flags = kReadonly,
     .categories = kAclGeo,
     .keys = kOneReadAccess,
     .group = "geo",
     .since = "3.2.10",
     .complexity = kComplexity,
     .summary = "Finds the members near a position.",
     .syntax = "key longitude:double latitude:double radius:double <M|KM|FT|MI> [WITHCOORD] "
               "[WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC]",
     .handler = georadius_ro},
    {.name = "georadiusbymember",
     .arity = -5,
     .flags = kStores,
     .categories = kAclGeo,
     .keys = kRadiusByMemberKeys,
     .group = "geo",
     .since = "3.2.0",
     .complexity = kComplexity,
     .summary = "Finds or stores the members near another one.",
     .syntax = "key member radius:double <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] "
               "[COUNT count [ANY]] [ASC|DESC] [STORE storekey:key|STOREDIST storedistkey:key]",
     .handler = georadiusbymember,
     .further_key = radius_by_member_destination,
     .key_flags = destination_flags},
    {.name = "georadiusbymember_ro",
     .arity = -5,
     .flags = kReadonly,
     .categories = kAclGeo,
     .keys = kOneReadAccess,
     .group = "geo",
     .since = "3.2.10",
     .complexity = kComplexity,
     .summary = "Finds the members near another one.",
     .syntax = "key member radius:double <M|KM|FT|MI> [WITHCOORD] [WITHDIST] [WITHHASH] "
               "[COUNT count [ANY]] [ASC|DESC]",
     .handler = georadiusbymember_ro},
};

}  // namespace

CommandFamily geo_search_commands() { return kRows; }

}  // namespace kevy
