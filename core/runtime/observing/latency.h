// Latency: how long commands take: the spikes of the last time by event
// (latency-monitor-threshold), and how the durations of each command are spread (latency-tracking).
//
// Any thread may call any method; the lock is a leaf.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/lock.h"
#include "runtime/dispatch/command.h"

namespace kevy {

class Latency {
 public:
  /// The worst spike of one second.
  struct Sample {
    int64_t unix_s = 0;
    int64_t ms = 0;
  };
  struct Event {
    static constexpr size_t kSamplesMax = 160;
    std::array<Sample, kSamplesMax> samples{};  // a ring
    size_t next = 0;
    size_t count = 0;
    int64_t worst_ms = 0;
    int64_t sum_ms = 0;  // of all spikes, as the next
    int64_t spikes = 0;

    /// The oldest first.
    std::vector<Sample> in_order() const;
    const Sample& last() const noexcept { return samples[(next + kSamplesMax - 1) % kSamplesMax]; }
  };

  /// The durations of one command, in steps that double.
  struct Histogram {
    static constexpr size_t kSteps = 31;
    std::array<uint64_t, kSteps> counts{};
    uint64_t calls = 0;

    /// What belongs to a step or to one before it takes no longer than this.
    static constexpr int64_t bound_ns(size_t step) noexcept {
      const int64_t begin = int64_t{1024} << step;
      return begin + begin / 128 - 1;
    }
  };

  /// Without memory for a new event nothing is noted.
  void note_spike(const char* event, int64_t unix_s, int64_t ms) noexcept;
  std::map<std::string, Event, std::less<>> events() const;
  std::optional<Event> event(Bytes name) const;
  /// False when there is no such event.
  bool reset(Bytes name) noexcept;
  size_t reset_all() noexcept;

  void note_duration(const CommandRow& row, int64_t ns) noexcept;
  std::optional<Histogram> histogram(const CommandRow& row) const;
  void reset_histograms() noexcept;

 private:
  mutable Lock lock_;  // guards what follows
  std::map<std::string, Event, std::less<>> events_;
  std::map<const CommandRow*, Histogram> histograms_;
};

}  // namespace kevy
