// Positions on the earth as numbers: a grid of 2^26 columns of longitude and as many rows of
// latitude, from 85.05112878 degrees south to as many north, whose numbers are interleaved bit by
// bit, the row's first. Cells whose numbers begin with the same bits are neighbours.
//
// Knows no command. What is exactly at the eastern or northern end lies in a column or row more.
#pragma once

#include <cstdint>
#include <string>

namespace kevy::geo {

inline constexpr double kLongitudeMax = 180, kLatitudeMax = 85.05112878;
inline constexpr unsigned kStepsMax = 26;

/// In degrees.
struct Position {
  double longitude, latitude;
};

/// A cell of a coarser grid, of 2^steps columns and rows.
struct Cell {
  uint32_t column, row;
  unsigned steps;

  bool operator==(const Cell&) const = default;
};

/// What a cell covers, in degrees.
struct Bounds {
  double west, south, east, north;
};

/// The scores of what lies in a cell: from `first` up to `end`.
struct Scores {
  uint64_t first, end;
};

bool is_valid(Position position) noexcept;
Cell cell_of(Position position, unsigned steps) noexcept;
Bounds bounds_of(Cell cell) noexcept;
Scores scores_of(Cell cell) noexcept;

/// The score that a sorted set keeps for a position, and the middle of the cell that a score means.
/// Any number is a score.
uint64_t score_of(Position position) noexcept;
uint64_t bits_of(double score) noexcept;
Position position_of(uint64_t bits) noexcept;

/// As geohash.org writes it, eleven characters.
std::string text_of(Position position);

}  // namespace kevy::geo
