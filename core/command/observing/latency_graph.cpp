#include "command/observing/latency_graph.h"

#include <algorithm>
#include <vector>

namespace kevy {

namespace {

constexpr size_t kColumnsMax = 80;
constexpr int64_t kRowsHigh = 4;
constexpr Bytes kTops = "_o#";  // of a column, by thirds of a row

std::string how_long_ago(int64_t seconds) {
  constexpr int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  if (seconds < kMinute) return std::to_string(seconds) + 's';
  if (seconds < kHour) return std::to_string(seconds / kMinute) + 'm';
  if (seconds < kDay) return std::to_string(seconds / kHour) + 'h';
  return std::to_string(seconds / kDay) + 'd';
}

// How many thirds of a row are below the top of a column.
std::vector<int64_t> heights(const std::vector<Latency::Sample>& samples, int64_t low,
                             int64_t high) {
  const int64_t thirds = static_cast<int64_t>(kTops.size()) * kRowsHigh;
  std::vector<int64_t> all;
  all.reserve(samples.size());
  for (const auto& sample : samples) {
    const double part = static_cast<double>(sample.ms - low) /
                        static_cast<double>(std::max<int64_t>(high - low, 1));
    all.push_back(std::min(static_cast<int64_t>(part * static_cast<double>(thirds)), thirds - 1));
  }
  return all;
}

char drawn(int64_t height, int64_t row_from_below) {
  const auto full = static_cast<int64_t>(kTops.size());
  const int64_t here = height - row_from_below * full;
  if (here < 0) return ' ';
  return here < full ? kTops[static_cast<size_t>(here)] : '|';
}

}  // namespace

std::string latency_graph(Bytes name, const Latency::Event& event, int64_t now_s) {
  std::vector<Latency::Sample> samples = event.in_order();
  if (samples.size() > kColumnsMax) {
    samples.erase(samples.begin(), samples.end() - static_cast<ptrdiff_t>(kColumnsMax));
  }
  const auto [low, high] = std::minmax_element(
      samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.ms < b.ms; });
  std::string text = std::string(name) + " - high " + std::to_string(high->ms) + " ms, low " +
                     std::to_string(low->ms) + " ms (all time high " +
                     std::to_string(event.worst_ms) + " ms)\n" + std::string(kColumnsMax, '-') +
                     '\n';
  const std::vector<int64_t> tops = heights(samples, low->ms, high->ms);
  for (int64_t row = kRowsHigh - 1; row >= 0; --row) {
    for (const int64_t top : tops) text += drawn(top, row);
    text += '\n';
  }
  text += std::string(samples.size(), ' ') + '\n';
  std::vector<std::string> labels;
  size_t longest = 0;
  for (const auto& sample : samples) {
    labels.push_back(how_long_ago(now_s - sample.unix_s));
    longest = std::max(longest, labels.back().size());
  }
  for (size_t row = 0; row < longest; ++row) {
    for (const std::string& label : labels) text += row < label.size() ? label[row] : ' ';
    text += '\n';
  }
  return text;
}

}  // namespace kevy
