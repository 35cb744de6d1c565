// What is searched for on the earth: a circle, a box, or a polygon, and how far things are from it.
//
// Distances are those of Redis, bit for bit: great circles on a sphere, by the haversine formula.
#pragma once

#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "command/geo/geohash.h"

namespace kevy::geo {

inline constexpr double kEarthRadius = 6372797.560856;  // metres

inline double radians(double degrees) noexcept { return degrees * (std::numbers::pi / 180.0); }
inline double degrees(double radians) noexcept { return radians / (std::numbers::pi / 180.0); }

/// A position made ready for many distances.
struct Origin {
  explicit Origin(Position at) noexcept
      : longitude(radians(at.longitude)),
        latitude(radians(at.latitude)),
        cosine(std::cos(latitude)) {}

  double longitude, latitude, cosine;
};

/// In metres.
inline double latitude_distance(const Origin& from, double to_latitude) noexcept {
  return kEarthRadius * std::fabs(to_latitude - from.latitude);
}
double distance(const Origin& from, Position to) noexcept;
inline double distance(Position from, Position to) noexcept { return distance(Origin(from), to); }

enum class ShapeKind : uint8_t { kNone, kCircle, kBox, kPolygon };

/// Lengths are in the unit of the search, which has `unit` metres.
struct Shape {
  ShapeKind kind = ShapeKind::kNone;
  Position center{};
  double radius = 0;             // of a circle
  double width = 0, height = 0;  // of a box, whose sides are as far from the center as its width
                                 // is where they are
  double unit = 1;
  std::vector<Position> vertices;  // of a polygon, whose sides are straight in degrees

  /// Gives a polygon its center, from which distances count.
  void find_center() noexcept;
};

/// Of a polygon.
Bounds bounds_of_vertices(const Shape& shape) noexcept;

/// Tells which positions are inside of a shape, which must outlive it.
class Inside {
 public:
  explicit Inside(const Shape& shape) noexcept;

  /// How far from the center a position is; nothing outside.
  std::optional<double> distance_to(Position position) const noexcept;
  /// Everything inside lies between these. West or east may be beyond 180 degrees where that is
  /// nearer; or everything from -180 to 180 is meant.
  const Bounds& bounds() const noexcept { return bounds_; }

 private:
  bool within_bounds(Position position) const noexcept;
  bool within_box(Position position) const noexcept;
  bool within_polygon(Position position) const noexcept;

  const Shape& shape_;
  const Origin center_;
  const Bounds bounds_;
};

}  // namespace kevy::geo
