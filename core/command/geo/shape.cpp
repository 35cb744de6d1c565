#include "command/geo/shape.h"

#include <algorithm>

namespace kevy::geo {

namespace {

// What rounding may move a border by: a centimetre.
constexpr double kMargin = 1e-7;
constexpr double kHalfTurn = 180;

/// How many degrees of longitude a circle spans to either side.
double half_width_of_circle(double angle, double latitude) noexcept {
  const double quarter = std::numbers::pi / 2;
  if (std::fabs(radians(latitude)) + angle >= quarter) return kHalfTurn;  // a pole is inside
  const double sine = std::sin(angle) / std::cos(radians(latitude));
  return sine < 1 ? degrees(std::asin(sine)) : kHalfTurn;
}
/// The same for a box where it is widest, and that is where it is nearest to a pole.
double half_width_of_box(double angle, double latitude) noexcept {
  if (angle >= std::numbers::pi) return kHalfTurn;
  const double sine = std::sin(angle / 2) / std::cos(radians(latitude));
  return sine < 1 ? degrees(2 * std::asin(sine)) : kHalfTurn;
}

Bounds bounds_of_shape(const Shape& shape) noexcept {
  Bounds bounds{};
  if (shape.kind == ShapeKind::kPolygon) {
    bounds = bounds_of_vertices(shape);
  } else {
    const bool circle = shape.kind == ShapeKind::kCircle;
    const double up = (circle ? shape.radius : shape.height / 2) * shape.unit / kEarthRadius;
    bounds.south = shape.center.latitude - degrees(up);
    bounds.north = shape.center.latitude + degrees(up);
    const double nearest_to_pole =
        std::min(std::max(std::fabs(bounds.south), std::fabs(bounds.north)), kLatitudeMax);
    const double half =
        circle ? half_width_of_circle(up, shape.center.latitude)
               : half_width_of_box(shape.width / 2 * shape.unit / kEarthRadius, nearest_to_pole);
    if (half + kMargin >= kHalfTurn) {
      bounds.west = -kLongitudeMax;
      bounds.east = kLongitudeMax;
    } else {
      bounds.west = shape.center.longitude - half;
      bounds.east = shape.center.longitude + half;
    }
  }
  return {bounds.west - kMargin, bounds.south - kMargin, bounds.east + kMargin,
          bounds.north + kMargin};
}

}  // namespace

Bounds bounds_of_vertices(const Shape& shape) noexcept {
  Bounds bounds{kLongitudeMax, kLatitudeMax, -kLongitudeMax, -kLatitudeMax};
  for (const Position& vertex : shape.vertices) {
    bounds.west = std::min(bounds.west, vertex.longitude);
    bounds.east = std::max(bounds.east, vertex.longitude);
    bounds.south = std::min(bounds.south, vertex.latitude);
    bounds.north = std::max(bounds.north, vertex.latitude);
  }
  return bounds;
}

double distance(const Origin& from, Position to) noexcept {
  const double longitude = radians(to.longitude), latitude = radians(to.latitude);
  const double v = std::sin((longitude - from.longitude) / 2);
  if (v == 0) return latitude_distance(from, latitude);
  const double u = std::sin((latitude - from.latitude) / 2);
  const double square = u * u + from.cosine * std::cos(latitude) * v * v;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(square));
}

// The mean of the vertices as points in space.
void Shape::find_center() noexcept {
  double x = 0, y = 0, z = 0;
  for (const Position& vertex : vertices) {
    const double longitude = radians(vertex.longitude), latitude = radians(vertex.latitude);
    x += kEarthRadius * std::cos(latitude) * std::cos(longitude);
    y += kEarthRadius * std::cos(latitude) * std::sin(longitude);
    z += kEarthRadius * std::sin(latitude);
  }
  const auto count = static_cast<double>(vertices.size());
  x /= count;
  y /= count;
  z /= count;
  center = {degrees(std::atan2(y, x)), degrees(std::atan2(z, std::sqrt(x * x + y * y)))};
}

Inside::Inside(const Shape& shape) noexcept
    : shape_(shape), center_(shape.center), bounds_(bounds_of_shape(shape)) {}

std::optional<double> Inside::distance_to(Position position) const noexcept {
  if (!within_bounds(position)) return std::nullopt;
  if (shape_.kind == ShapeKind::kBox && !within_box(position)) return std::nullopt;
  if (shape_.kind == ShapeKind::kPolygon && !within_polygon(position)) return std::nullopt;
  const double metres = distance(center_, position);
  if (shape_.kind == ShapeKind::kCircle && metres > shape_.radius * shape_.unit)
    return std::nullopt;
  return metres;
}

// Cheap, and true for everything inside.
bool Inside::within_bounds(Position position) const noexcept {
  if (position.latitude < bounds_.south || position.latitude > bounds_.north) return false;
  const auto between = [&](double longitude) {
    return longitude >= bounds_.west && longitude <= bounds_.east;
  };
  return between(position.longitude) || between(position.longitude - 2 * kHalfTurn) ||
         between(position.longitude + 2 * kHalfTurn);
}

bool Inside::within_box(Position position) const noexcept {
  if (latitude_distance(center_, radians(position.latitude)) > shape_.height * shape_.unit / 2) {
    return false;
  }
  const Position beside{shape_.center.longitude, position.latitude};
  return distance(position, beside) <= shape_.width * shape_.unit / 2;
}

// How many sides a line to the east crosses: an odd number inside.
bool Inside::within_polygon(Position position) const noexcept {
  bool inside = false;
  const Position* from = &shape_.vertices.back();
  for (const Position& to : shape_.vertices) {
    const bool spans = (to.latitude > position.latitude) != (from->latitude > position.latitude);
    if (spans && position.longitude < (from->longitude - to.longitude) *
                                              (position.latitude - to.latitude) /
                                              (from->latitude - to.latitude) +
                                          to.longitude) {
      inside = !inside;
    }
    from = &to;
  }
  return inside;
}

}  // namespace kevy::geo
