#include "command/geo/geohash.h"

#include <algorithm>

namespace kevy::geo {

namespace {

constexpr uint64_t kEvenBits = 0x5555555555555555;

/// The bits of a number, a zero bit before each of them.
uint64_t spread(uint32_t number) noexcept {
  uint64_t bits = number;
  bits = (bits | bits << 16) & 0x0000ffff0000ffff;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits << 2) & 0x3333333333333333;
  return (bits | bits << 1) & kEvenBits;
}
uint32_t gathered(uint64_t bits) noexcept {
  bits &= kEvenBits;
  bits = (bits | bits >> 1) & 0x3333333333333333;
  bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits >> 4) & 0x00ff00ff00ff00ff;
  bits = (bits | bits >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(bits | bits >> 16);
}

uint64_t interleaved(Cell cell) noexcept { return spread(cell.row) | spread(cell.column) << 1; }

/// How many cells of the grid lie below `degrees`, of a range that ends at `most` on either side.
uint32_t cells_below(double degrees, double most, unsigned steps) noexcept {
  const double part = (degrees - -most) / (most - -most);
  return static_cast<uint32_t>(part * static_cast<double>(uint64_t{1} << steps));
}
double begin_of(uint32_t number, double most, unsigned steps) noexcept {
  const double part = number * 1.0 / static_cast<double>(uint64_t{1} << steps);
  return -most + part * (most - -most);
}

}  // namespace

bool is_valid(Position position) noexcept {
  return position.longitude >= -kLongitudeMax && position.longitude <= kLongitudeMax &&
         position.latitude >= -kLatitudeMax && position.latitude <= kLatitudeMax;
}

Cell cell_of(Position position, unsigned steps) noexcept {
  return {cells_below(position.longitude, kLongitudeMax, steps),
          cells_below(position.latitude, kLatitudeMax, steps), steps};
}

Bounds bounds_of(Cell cell) noexcept {
  return {begin_of(cell.column, kLongitudeMax, cell.steps),
          begin_of(cell.row, kLatitudeMax, cell.steps),
          begin_of(cell.column + 1, kLongitudeMax, cell.steps),
          begin_of(cell.row + 1, kLatitudeMax, cell.steps)};
}

Scores scores_of(Cell cell) noexcept {
  const unsigned finer = 2 * (kStepsMax - cell.steps);
  const uint64_t bits = interleaved(cell);
  return {bits << finer, (bits + 1) << finer};
}

uint64_t score_of(Position position) noexcept { return interleaved(cell_of(position, kStepsMax)); }

// As x86-64 turns any floating-point number into an unsigned one, which is what Redis does.
uint64_t bits_of(double score) noexcept {
  constexpr double kHalf = 9223372036854775808.0;
  if (score >= 2 * kHalf) return 0;
  if (score >= 0) return static_cast<uint64_t>(score);
  return score >= -kHalf ? static_cast<uint64_t>(static_cast<int64_t>(score)) : uint64_t{1} << 63;
}

Position position_of(uint64_t bits) noexcept {
  const Bounds bounds = bounds_of({gathered(bits >> 1), gathered(bits), kStepsMax});
  return {std::clamp((bounds.west + bounds.east) / 2, -kLongitudeMax, kLongitudeMax),
          std::clamp((bounds.south + bounds.north) / 2, -kLatitudeMax, kLatitudeMax)};
}

std::string text_of(Position position) {
  constexpr char kDigits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr double kRealLatitudeMax = 90;  // of that notation
  constexpr unsigned kWhole = 10;          // characters for which there are five bits
  const uint64_t bits =
      interleaved({cells_below(position.longitude, kLongitudeMax, kStepsMax),
                   cells_below(position.latitude, kRealLatitudeMax, kStepsMax), kStepsMax});
  std::string text;
  for (unsigned i = 1; i <= kWhole; ++i) text += kDigits[bits >> (2 * kStepsMax - 5 * i) & 31];
  return text + '0';
}

}  // namespace kevy::geo
