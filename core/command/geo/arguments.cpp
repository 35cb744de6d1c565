#include "command/geo/arguments.h"

#include <charconv>
#include <climits>

#include "command/sorted_set/range_arguments.h"

namespace kevy {

namespace {

/// Six digits after the point, however long that is.
std::string fixed(double number) {
  char text[400];  // the largest double has 309 digits
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, 6);
  return {text, end};
}

/// The verb as it was given.
std::string command_name(const Call& call) { return std::string(before_nul(call.args[0])); }

}  // namespace

std::optional<geo::Position> position_arguments(Call& call, Bytes longitude_text,
                                                Bytes latitude_text) {
  const auto longitude = score_argument(call, longitude_text);
  if (!longitude) return std::nullopt;
  const auto latitude = score_argument(call, latitude_text);
  if (!latitude) return std::nullopt;
  const geo::Position position{*longitude, *latitude};
  if (is_valid(position)) return position;
  call.error("ERR invalid longitude,latitude pair " + fixed(*longitude) + ',' + fixed(*latitude));
  return std::nullopt;
}

std::optional<double> unit_argument(Call& call, Bytes text) {
  static constexpr struct {
    Bytes name;
    double metres;
  } kUnits[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
  for (const auto& [name, metres] : kUnits) {
    if (equals_ignoring_case(text, name)) return metres;
  }
  call.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return std::nullopt;
}

std::string format_distance(double distance) {
  constexpr size_t kPlaces = 4;
  std::string digits = std::to_string(std::llrint(distance * 1e4));
  if (digits.size() <= kPlaces) digits.insert(0, kPlaces + 1 - digits.size(), '0');
  return digits.insert(digits.size() - kPlaces, 1, '.');
}

bool GeoSearch::read(Call& call, SearchForm form, const SortedSet& set, bool may_store) {
  if (!read_start(call, form, set)) return false;
  const size_t first = form == SearchForm::kSearch        ? 2
                       : form == SearchForm::kSearchStore ? 3
                       : form == SearchForm::kRadius      ? 6
                                                          : 5;
  return read_options(call, form, set, may_store, first) && check(call, form);
}

// What stands in one place.
bool GeoSearch::read_start(Call& call, SearchForm form, const SortedSet& set) {
  if (form == SearchForm::kSearchStore) destination = 1;
  if (form == SearchForm::kRadius) {
    const auto position = position_arguments(call, call.args[2], call.args[3]);
    if (!position) return false;
    shape.center = *position;
    return read_circle(call, call.args[4], call.args[5]);
  }
  // Where there is no set Redis does not look at the radius.
  if (form != SearchForm::kRadiusByMember || set.empty()) return true;
  return read_center(call, set, call.args[2]) && read_circle(call, call.args[3], call.args[4]);
}

bool GeoSearch::read_options(Call& call, SearchForm form, const SortedSet& set, bool may_store,
                             size_t first) {
  const bool search = form == SearchForm::kSearch || form == SearchForm::kSearchStore;
  for (Options options(call.args, first); !options.done();) {
    if (read_plain(options)) continue;
    Option option = read_count(call, options);
    if (option == Option::kNone && search) option = read_origin(call, options, set);
    if (option == Option::kNone && search) option = read_shape(call, options);
    if (option == Option::kNone && !search && may_store) option = read_store(call, options);
    if (option == Option::kNone && form == SearchForm::kSearchStore &&
        options.next_is("storedist")) {
      store_distance = true;
      option = Option::kRead;
    }
    if (option == Option::kNone) call.error(errors::kSyntax);
    if (option != Option::kRead) return false;
  }
  return true;
}

bool GeoSearch::read_plain(Options& options) {
  if (options.next_is("withdist")) {
    with_distance = true;
  } else if (options.next_is("withhash")) {
    with_hash = true;
  } else if (options.next_is("withcoord")) {
    with_position = true;
  } else if (options.next_is("any")) {
    any = true;
  } else if (options.next_is("asc")) {
    order = Order::kAscending;
  } else if (options.next_is("desc")) {
    order = Order::kDescending;
  } else {
    return false;
  }
  return true;
}

GeoSearch::Option GeoSearch::read_count(Call& call, Options& options) {
  if (!options.next_is("count", 1)) return Option::kNone;
  const auto number = integer_argument(call, options.value());
  if (!number) return Option::kFailed;
  if (*number <= 0) {
    call.error("ERR COUNT must be > 0");
    return Option::kFailed;
  }
  count = static_cast<size_t>(*number);
  return Option::kRead;
}

GeoSearch::Option GeoSearch::read_store(const Call& call, Options& options) {
  const bool distance = options.next_is("storedist", 1);
  if (!distance && !options.next_is("store", 1)) return Option::kNone;
  options.value();
  store_distance = distance;
  destination = call.row.further_key(call.args);
  return Option::kRead;
}

GeoSearch::Option GeoSearch::read_origin(Call& call, Options& options, const SortedSet& set) {
  if (shape.kind == geo::ShapeKind::kPolygon) return Option::kNone;
  if (!from_place_ && options.next_is("frommember", 1)) {
    const Bytes member = options.value();
    from_member_ = true;
    return set.empty() || read_center(call, set, member) ? Option::kRead : Option::kFailed;
  }
  if (!from_member_ && options.next_is("fromlonlat", 2)) {
    const Bytes longitude = options.value();
    const auto position = position_arguments(call, longitude, options.value());
    if (!position) return Option::kFailed;
    shape.center = *position;
    from_place_ = true;
    return Option::kRead;
  }
  return Option::kNone;
}

GeoSearch::Option GeoSearch::read_shape(Call& call, Options& options) {
  using geo::ShapeKind;
  const auto may_be = [&](ShapeKind kind) {
    return shape.kind == ShapeKind::kNone || shape.kind == kind;
  };
  bool good;
  if (may_be(ShapeKind::kCircle) && options.next_is("byradius", 2)) {
    const Bytes radius = options.value();
    good = read_circle(call, radius, options.value());
  } else if (may_be(ShapeKind::kBox) && options.next_is("bybox", 3)) {
    const Bytes width = options.value(), height = options.value();
    good = read_box(call, width, height, options.value());
  } else if (may_be(ShapeKind::kPolygon) && !from_place_ && !from_member_ &&
             options.next_is("bypolygon", 2)) {
    good = read_polygon(call, options);
  } else {
    return Option::kNone;
  }
  return good ? Option::kRead : Option::kFailed;
}

bool GeoSearch::read_polygon(Call& call, Options& options) {
  const auto number = parse_int64(options.value());
  if (!number || *number < INT_MIN || *number > INT_MAX) {
    call.error("ERR invalid number of vertices");
    return false;
  }
  std::vector<Bytes> words;
  for (int64_t i = 0; i < *number * 2 && !options.done(); ++i) words.push_back(options.value());
  if (*number < 3 || static_cast<int64_t>(words.size()) < *number * 2) {
    call.error("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
    return false;
  }
  shape.vertices.clear();
  for (size_t i = 0; i < words.size(); i += 2) {
    const auto vertex = position_arguments(call, words[i], words[i + 1]);
    if (!vertex) return false;
    shape.vertices.push_back(*vertex);
  }
  shape.kind = geo::ShapeKind::kPolygon;
  shape.find_center();
  return true;
}

bool GeoSearch::read_center(Call& call, const SortedSet& set, Bytes member) {
  const auto position = position_of_member(set, member);
  if (position) {
    shape.center = *position;
  } else {
    call.error("ERR member " + std::string(before_nul(member)) + " does not exist");
  }
  return position.has_value();
}

bool GeoSearch::read_circle(Call& call, Bytes radius, Bytes unit) {
  const auto given = score_argument(call, radius, "ERR need numeric radius");
  if (!given) return false;
  if (*given < 0) {
    call.error("ERR radius cannot be negative");
    return false;
  }
  const auto metres = unit_argument(call, unit);
  if (!metres) return false;
  shape.kind = geo::ShapeKind::kCircle;
  shape.radius = *given;
  shape.unit = *metres;
  return true;
}

bool GeoSearch::read_box(Call& call, Bytes width, Bytes height, Bytes unit) {
  const auto wide = score_argument(call, width, "ERR need numeric width");
  if (!wide) return false;
  const auto high = score_argument(call, height, "ERR need numeric height");
  if (!high) return false;
  if (*wide < 0 || *high < 0) {
    call.error("ERR height or width cannot be negative");
    return false;
  }
  const auto metres = unit_argument(call, unit);
  if (!metres) return false;
  shape.kind = geo::ShapeKind::kBox;
  shape.width = *wide;
  shape.height = *high;
  shape.unit = *metres;
  return true;
}

// What does not go together.
bool GeoSearch::check(Call& call, SearchForm form) const {
  const bool search = form == SearchForm::kSearch || form == SearchForm::kSearchStore;
  const bool polygon = shape.kind == geo::ShapeKind::kPolygon;
  if (destination != 0 && (with_distance || with_hash || with_position)) {
    call.error(std::string("ERR ") + (search ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
               " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  } else if (search && !polygon && !from_member_ && !from_place_) {
    call.error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " +
               command_name(call));
  } else if (search && shape.kind == geo::ShapeKind::kNone) {
    call.error("ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for " +
               command_name(call));
  } else if (any && count == 0) {
    call.error("ERR the ANY argument requires COUNT argument");
  } else {
    return true;
  }
  return false;
}

}  // namespace kevy
