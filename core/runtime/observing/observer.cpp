#include "runtime/observing/observer.h"

#include <new>

#include "base/random.h"

namespace kevy {

namespace {

int64_t read(const std::atomic<int64_t>& setting) noexcept {
  return setting.load(std::memory_order_relaxed);
}

size_t digits(size_t number) noexcept {
  size_t count = 1;
  for (; number > 9; number /= 10) ++count;
  return count;
}

// Of an array of bulk strings.
size_t size_in_resp(Args args) noexcept {
  constexpr size_t kHeader = 3, kLineEnd = 2;  // a sign, and the line's end
  size_t size = kHeader + digits(args.size());
  for (const Bytes word : args) size += kHeader + digits(word.size()) + word.size() + kLineEnd;
  return size;
}

}  // namespace

Observer::Observer(const Settings& settings) : settings_(settings) {
  Random random;
  for (char& digit : run_id_) digit = "0123456789abcdef"[random.below(16)];
}

bool Observer::measures_all() const noexcept {
  const auto is_below = [](int64_t setting, int64_t bound) {
    return setting >= 0 && setting < bound;
  };
  return is_below(read(settings_.slow_log_us), kLongMicroseconds) ||
         is_below(read(settings_.large_request_bytes), kLarge) ||
         is_below(read(settings_.large_reply_bytes), kLarge) ||
         read(settings_.latency_threshold_ms) != 0 ||
         settings_.latency_tracking.load(std::memory_order_relaxed);
}

void Observer::note_duration(const Session& session, const CommandRow& row, Args args,
                             uint64_t ticks, int64_t unix_s) noexcept {
  const int64_t ns = scale_.nanoseconds(ticks);
  const int64_t slow_us = read(settings_.slow_log_us);
  if (slow_us >= 0 && ns / 1000 >= slow_us && !row.has(kSkipCommandlog)) {
    add(CommandLog::Kind::kSlow, session, row, args, ns / 1000, unix_s, settings_.slow_log_len);
  }
  const int64_t spike_ms = read(settings_.latency_threshold_ms);
  if (spike_ms != 0 && ns / 1'000'000 >= spike_ms) {
    latency_.note_spike(row.has(kFast) ? "fast-command" : "command", unix_s, ns / 1'000'000);
  }
  if (settings_.latency_tracking.load(std::memory_order_relaxed)) latency_.note_duration(row, ns);
}

void Observer::note_request(const Session& session, const CommandRow& row, Args args,
                            int64_t unix_s, bool every) noexcept {
  const int64_t large = read(settings_.large_request_bytes);
  if (large < 0 || every != (large < kLarge) || row.has(kSkipCommandlog)) return;
  const auto bytes = static_cast<int64_t>(size_in_resp(args));
  if (bytes < large) return;
  add(CommandLog::Kind::kLargeRequest, session, row, args, bytes, unix_s,
      settings_.large_request_len);
}

void Observer::note_reply(const Session& session, const CommandRow& row, Args args, size_t bytes,
                          int64_t unix_s, bool every) noexcept {
  const int64_t large = read(settings_.large_reply_bytes);
  if (large < 0 || every != (large < kLarge) || row.has(kSkipCommandlog)) return;
  if (static_cast<int64_t>(bytes) < large) return;
  add(CommandLog::Kind::kLargeReply, session, row, args, static_cast<int64_t>(bytes), unix_s,
      settings_.large_reply_len);
}

void Observer::add(CommandLog::Kind kind, const Session& session, const CommandRow& row, Args args,
                   int64_t value, int64_t unix_s, const std::atomic<int64_t>& max) noexcept {
  try {
    CommandLog::Entry entry;
    entry.unix_s = unix_s;
    entry.value = value;
    entry.words = CommandLog::shown(row, args);
    SessionLabels labels = session.labels();
    entry.address = std::move(labels.address);
    entry.client_name = std::move(labels.name);
    log_.add(kind, std::move(entry), static_cast<size_t>(read(max)));
  } catch (const std::bad_alloc&) {  // it is not logged
  }
}

}  // namespace kevy
