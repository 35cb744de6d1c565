// A search without an order answers what it finds in the order in which it finds it. So the cells
// that Redis looks at come first, and in its order: the one that has the center, and its
// neighbours, but for those that seem to lie outside.
//
// Near the poles, where a cell is much narrower than it is high, and for wide boxes these do not
// cover everything; neither do they ever have what lies at exactly 180 degrees east, or at the
// northern end, and is searched for from beside it. What is missing comes then.
#include "command/geo/areas.h"

#include <algorithm>

namespace kevy::geo {

namespace {

/// The steps at which a cell is about as large as a radius of so many metres.
unsigned estimated_steps(double radius, double latitude) noexcept {
  constexpr double kHalfEquator = 20037726.37;
  if (radius == 0) return kStepsMax;
  int steps = -1;
  for (; radius < kHalfEquator; radius *= 2) ++steps;
  if (std::fabs(latitude) > 66) --steps;
  if (std::fabs(latitude) > 80) --steps;
  return static_cast<unsigned>(std::clamp(steps, 1, static_cast<int>(kStepsMax)));
}

/// Metres from the center to the farthest corner, as Redis reckons.
double radius_of(const Shape& shape, const Bounds& bounds) noexcept {
  if (shape.kind == ShapeKind::kCircle) return shape.radius * shape.unit;
  if (shape.kind == ShapeKind::kBox) {
    const double width = shape.width / 2, height = shape.height / 2;
    return std::sqrt(width * width + height * height) * shape.unit;
  }
  const Origin center(shape.center);
  double farthest = 0;
  for (const double longitude : {bounds.west, bounds.east}) {
    for (const double latitude : {bounds.south, bounds.north}) {
      farthest = std::max(farthest, distance(center, {longitude, latitude}));
    }
  }
  return farthest;
}

/// What Redis takes for the bounds of a shape.
Bounds assumed_bounds(const Shape& shape) noexcept {
  if (shape.kind == ShapeKind::kPolygon) return bounds_of_vertices(shape);
  const bool circle = shape.kind == ShapeKind::kCircle;
  const double up = shape.unit * (circle ? shape.radius : shape.height / 2) / kEarthRadius;
  const double aside = shape.unit * (circle ? shape.radius : shape.width / 2) / kEarthRadius;
  const auto [longitude, latitude] = shape.center;
  const double south = latitude - degrees(up), north = latitude + degrees(up);
  const double half = degrees(aside / std::cos(radians(latitude < 0 ? south : north)));
  return {longitude - half, south, longitude + half, north};
}

/// The neighbour so many columns to the east and rows to the north, round the earth in both ways.
Cell neighbour(Cell cell, int east, int north) noexcept {
  const uint32_t mask = (uint32_t{1} << cell.steps) - 1;
  if (east != 0) cell.column = (cell.column + static_cast<uint32_t>(east)) & mask;
  if (north != 0) cell.row = (cell.row + static_cast<uint32_t>(north)) & mask;
  return cell;
}

bool reaches_beyond_neighbours(Cell center, const Bounds& bounds) noexcept {
  return bounds_of(neighbour(center, 0, 1)).north < bounds.north ||
         bounds_of(neighbour(center, 0, -1)).south > bounds.south ||
         bounds_of(neighbour(center, 1, 0)).east < bounds.east ||
         bounds_of(neighbour(center, -1, 0)).west > bounds.west;
}

/// The cells that Redis looks at.
std::vector<Cell> usual_cells(const Shape& shape) {
  static constexpr struct {
    int east, north;
  } kOrder[] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
  const Bounds bounds = assumed_bounds(shape);
  unsigned steps = estimated_steps(radius_of(shape, bounds), shape.center.latitude);
  Cell center = cell_of(shape.center, steps);
  if (steps > 1 && reaches_beyond_neighbours(center, bounds)) {
    center = cell_of(shape.center, --steps);
  }
  const Bounds inner = bounds_of(center);
  std::vector<Cell> cells;
  for (const auto [east, north] : kOrder) {
    const bool outside =
        (north < 0 && inner.south < bounds.south) || (north > 0 && inner.north > bounds.north) ||
        (east < 0 && inner.west < bounds.west) || (east > 0 && inner.east > bounds.east);
    if (outside && steps >= 2) continue;
    const Cell cell = neighbour(center, east, north);
    // On a grid of two columns the eastern neighbour is the western one too.
    if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
  }
  return cells;
}

/// The numbers from `first` to `last` of columns or rows.
struct Numbers {
  int64_t first, last;
};

/// Those that a range of degrees touches. There is one more at the upper end, for what is exactly
/// there.
Numbers numbers_between(double low, double high, double most, unsigned steps) noexcept {
  const double cells = static_cast<double>(uint64_t{1} << steps);
  const auto number = [&](double degrees) {
    return static_cast<int64_t>(std::floor((degrees + most) / (2 * most) * cells));
  };
  return {number(low), number(high)};
}

/// Every cell of a grid that the bounds touch; nothing when these are more than `most`.
std::vector<Cell> touched_cells(const Bounds& bounds, unsigned steps, size_t most) {
  const int64_t end = int64_t{1} << steps;
  const double south = std::max(bounds.south, -kLatitudeMax);
  const double north = std::min(bounds.north, kLatitudeMax);
  const Numbers rows = numbers_between(south, north, kLatitudeMax, steps);
  const Numbers columns = numbers_between(bounds.west, bounds.east, kLongitudeMax, steps);
  const bool all_columns = columns.last - columns.first >= end;
  const int64_t width = all_columns ? end : columns.last - columns.first + 1;
  if (south > north) return {};
  std::vector<Cell> cells;
  if (static_cast<uint64_t>(rows.last - rows.first + 1) > most / static_cast<uint64_t>(width + 1)) {
    return cells;
  }
  const bool date_line = all_columns || columns.first < 0 || columns.last >= end;
  for (int64_t row = rows.first; row <= rows.last; ++row) {
    const auto add = [&](int64_t column) {
      cells.push_back({static_cast<uint32_t>(column), static_cast<uint32_t>(row), steps});
    };
    for (int64_t i = 0; i < width; ++i) {
      add((all_columns ? i : columns.first + i) & (end - 1));
    }
    if (date_line) add(end);
  }
  return cells;
}

/// What of `wanted` is not among `taken`, in ascending order.
std::vector<Scores> without(std::vector<Scores> wanted, std::vector<Scores> taken) {
  const auto before = [](const Scores& a, const Scores& b) { return a.first < b.first; };
  std::sort(wanted.begin(), wanted.end(), before);
  std::sort(taken.begin(), taken.end(), before);
  std::vector<Scores> left;
  auto next = taken.begin();
  for (Scores range : wanted) {
    while (next != taken.end() && next->end <= range.first) ++next;
    for (auto hole = next; hole != taken.end() && hole->first < range.end; ++hole) {
      if (hole->first > range.first) left.push_back({range.first, hole->first});
      range.first = std::min(std::max(range.first, hole->end), range.end);
    }
    if (range.first < range.end) left.push_back(range);
  }
  return left;
}

std::vector<Scores> all_scores(const std::vector<Cell>& cells) {
  std::vector<Scores> all;
  all.reserve(cells.size());
  for (const Cell cell : cells) all.push_back(scores_of(cell));
  return all;
}

}  // namespace

std::vector<Scores> areas_of(const Shape& shape, const Bounds& bounds) {
  constexpr size_t kCellsMost = 64;
  const std::vector<Cell> usual = usual_cells(shape);
  std::vector<Scores> areas = all_scores(usual);
  std::vector<Cell> touched;
  // A grid of two columns and rows, and one more of each, has few enough.
  for (unsigned steps = usual[0].steps; touched.empty() && steps != 0; --steps) {
    touched = touched_cells(bounds, steps, kCellsMost);
  }
  const std::vector<Scores> missing = without(all_scores(touched), areas);
  areas.insert(areas.end(), missing.begin(), missing.end());
  return areas;
}

}  // namespace kevy::geo
