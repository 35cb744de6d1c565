// Shapes and areas of geo searches: what is inside is looked at, near the poles and on both sides
// of the date line too.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "base/random.h"
#include "command/geo/areas.h"

using namespace kevy;
using namespace kevy::geo;

namespace {

double between(Random& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random.below(1 << 30)) / (1 << 30);
}

Position random_position(Random& random) {
  constexpr double kSpecial[] = {-180, 180, -179.9999, 179.9999, 0};
  constexpr double kSpecialLatitudes[] = {kLatitudeMax, -kLatitudeMax, 85, -85, 80, -66, 0};
  Position position{between(random, -180, 180), between(random, -kLatitudeMax, kLatitudeMax)};
  if (random.below(4) == 0) position.longitude = kSpecial[random.below(5)];
  if (random.below(4) == 0) position.latitude = kSpecialLatitudes[random.below(7)];
  return position;
}

// Any size from a metre to the whole earth.
double random_length(Random& random) { return std::pow(10, between(random, 0, 7.5)); }

Shape random_shape(Random& random) {
  Shape shape;
  shape.center = random_position(random);
  if (random.below(2) == 0) {
    shape.kind = ShapeKind::kCircle;
    shape.radius = random_length(random);
  } else {
    shape.kind = ShapeKind::kBox;
    shape.width = random_length(random);
    shape.height = random_length(random);
  }
  return shape;
}

// Somewhere near the center, or anywhere.
Position random_member(Random& random, const Shape& shape) {
  if (random.below(3) == 0) return random_position(random);
  const double angle = between(random, 0, 2 * std::numbers::pi);
  const double metres =
      std::max(shape.radius, std::max(shape.width, shape.height)) * between(random, 0, 1.1);
  const double up = degrees(metres * std::sin(angle) / kEarthRadius);
  const double latitude = std::clamp(shape.center.latitude + up, -kLatitudeMax, kLatitudeMax);
  const double aside =
      degrees(metres * std::cos(angle) / kEarthRadius) / std::cos(radians(latitude));
  return {std::remainder(shape.center.longitude + aside, 360), latitude};
}

// As the reference tells it, without bounds.
bool is_inside(const Shape& shape, Position position) {
  if (shape.kind == ShapeKind::kCircle) {
    return distance(shape.center, position) <= shape.radius * shape.unit;
  }
  const Position beside{shape.center.longitude, position.latitude};
  return std::fabs(radians(position.latitude) - radians(shape.center.latitude)) * kEarthRadius <=
             shape.height / 2 &&
         distance(position, beside) <= shape.width / 2;
}

}  // namespace

TEST_CASE("a position keeps its place to less than a metre as a score") {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const Position position = random_position(random);
    // At 180 degrees a score has more bits than a double keeps.
    const uint64_t score = bits_of(static_cast<double>(score_of(position)));
    REQUIRE((score == score_of(position) || position.longitude == kLongitudeMax));
    const Position again = position_of(score);
    REQUIRE(std::fabs(again.latitude - position.latitude) < 4e-6);
    REQUIRE(std::fabs(again.longitude - position.longitude) < 3e-6);
    REQUIRE(is_valid(again));
  }
  CHECK(text_of({-5.6, 42.6}) == "ezs42e44yx0");
}

TEST_CASE("what is inside of a shape is within its bounds and is looked at once") {
  Random random(2);
  size_t inside_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    const Shape shape = random_shape(random);
    const Inside inside(shape);
    const std::vector<Scores> areas = areas_of(shape, inside.bounds());
    REQUIRE(areas.size() < 200);
    for (int i = 0; i < 20; ++i) {
      const uint64_t score = bits_of(static_cast<double>(score_of(random_member(random, shape))));
      const Position position = position_of(score);
      const auto found = inside.distance_to(position);
      INFO(shape.center.longitude << ' ' << shape.center.latitude << " radius " << shape.radius
                                  << " box " << shape.width << ' ' << shape.height << " member "
                                  << position.longitude << ' ' << position.latitude);
      REQUIRE(found.has_value() == is_inside(shape, position));
      const auto times = std::count_if(areas.begin(), areas.end(), [&](const Scores& area) {
        return score >= area.first && score < area.end;
      });
      REQUIRE(times <= 1);
      if (found) {
        REQUIRE(times == 1);
        ++inside_count;
      }
    }
  }
  CHECK(inside_count > 50'000);
}

TEST_CASE("a polygon holds what is to the one side of an odd number of its sides") {
  Shape shape;
  shape.kind = ShapeKind::kPolygon;
  shape.vertices = {{0, 0}, {10, 0}, {10, 10}, {5, 2}, {0, 10}};
  shape.find_center();
  const Inside inside(shape);
  CHECK(inside.distance_to({1, 1}));
  CHECK(inside.distance_to({9, 7}));
  CHECK_FALSE(inside.distance_to({5, 5}));
  CHECK_FALSE(inside.distance_to({11, 1}));
  const auto areas = areas_of(shape, inside.bounds());
  for (const Position position : {Position{1, 1}, Position{9, 7}, Position{0.1, 9}}) {
    const uint64_t score = score_of(position);
    CHECK(std::any_of(areas.begin(), areas.end(),
                      [&](const Scores& area) { return score >= area.first && score < area.end; }));
  }
}
