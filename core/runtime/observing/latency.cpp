#include "runtime/observing/latency.h"

#include <algorithm>
#include <mutex>
#include <new>

namespace kevy {

std::vector<Latency::Sample> Latency::Event::in_order() const {
  std::vector<Sample> all;
  all.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    all.push_back(samples[(next + kSamplesMax - count + i) % kSamplesMax]);
  }
  return all;
}

void Latency::note_spike(const char* event, int64_t unix_s, int64_t ms) noexcept {
  std::lock_guard guard(lock_);
  try {
    Event& noted = events_[event];
    noted.worst_ms = std::max(noted.worst_ms, ms);
    noted.sum_ms += ms;
    ++noted.spikes;
    Sample& last = noted.samples[(noted.next + Event::kSamplesMax - 1) % Event::kSamplesMax];
    if (noted.count != 0 && last.unix_s == unix_s) {
      last.ms = std::max(last.ms, ms);
      return;
    }
    noted.samples[noted.next] = {unix_s, ms};
    noted.next = (noted.next + 1) % Event::kSamplesMax;
    noted.count = std::min(noted.count + 1, Event::kSamplesMax);
  } catch (const std::bad_alloc&) {  // one spike less is known
  }
}

std::map<std::string, Latency::Event, std::less<>> Latency::events() const {
  std::lock_guard guard(lock_);
  return events_;
}

std::optional<Latency::Event> Latency::event(Bytes name) const {
  std::lock_guard guard(lock_);
  const auto found = events_.find(name);
  return found == events_.end() ? std::nullopt : std::optional<Event>(found->second);
}

bool Latency::reset(Bytes name) noexcept {
  std::lock_guard guard(lock_);
  const auto found = events_.find(name);
  if (found == events_.end()) return false;
  events_.erase(found);
  return true;
}

size_t Latency::reset_all() noexcept {
  std::lock_guard guard(lock_);
  const size_t count = events_.size();
  events_.clear();
  return count;
}

void Latency::note_duration(const CommandRow& row, int64_t ns) noexcept {
  std::lock_guard guard(lock_);
  try {
    Histogram& histogram = histograms_[&row];
    size_t step = 0;
    while (step + 1 < Histogram::kSteps && ns > Histogram::bound_ns(step)) ++step;
    ++histogram.counts[step];
    ++histogram.calls;
  } catch (const std::bad_alloc&) {  // one duration less is known
  }
}

std::optional<Latency::Histogram> Latency::histogram(const CommandRow& row) const {
  std::lock_guard guard(lock_);
  const auto found = histograms_.find(&row);
  return found == histograms_.end() ? std::nullopt : std::optional<Histogram>(found->second);
}

void Latency::reset_histograms() noexcept {
  std::lock_guard guard(lock_);
  histograms_.clear();
}

}  // namespace kevy
