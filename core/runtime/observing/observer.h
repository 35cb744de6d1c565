// Observer: what is noted of commands beside running them: which were slow or large, how long they
// take, and who watches all of them (MONITOR).
//
// Reading a clock for each command would cost more than a tenth of a short one. So commands that
// are short whatever the data are (CommandRow::brief_words) are not measured, and of the others two
// readings of the processor's counter are taken. Only where a setting asks for durations below a
// millisecond, for all durations, or for sizes below kLarge, every command is measured
// (Runtime::observes()).
#pragma once

#include <array>

#include "base/ticks.h"
#include "runtime/observing/command_log.h"
#include "runtime/observing/latency.h"
#include "runtime/session/session.h"
#include "runtime/settings/settings.h"

namespace kevy {

class Observer {
 public:
  /// Requests and replies of this size are noticed without every command being measured.
  static constexpr int64_t kLarge = int64_t{1} << 20;
  /// And so are durations of commands that are not short.
  static constexpr int64_t kLongMicroseconds = 1000;

  explicit Observer(const Settings& settings);

  /// What the instance is called for as long as it lives: 40 digits, drawn once. A child of fork()
  /// has those of its parent.
  Bytes run_id() const noexcept { return {run_id_.data(), run_id_.size()}; }

  /// Whether the settings ask for each command to be measured.
  bool measures_all() const noexcept;

  /// What a command took. Where there is no memory for an entry there is none.
  void note_duration(const Session& session, const CommandRow& row, Args args, uint64_t ticks,
                     int64_t unix_s) noexcept;
  /// What its words, or its reply, take in RESP. `every`: also when they are less than kLarge.
  void note_request(const Session& session, const CommandRow& row, Args args, int64_t unix_s,
                    bool every) noexcept;
  void note_reply(const Session& session, const CommandRow& row, Args args, size_t bytes,
                  int64_t unix_s, bool every) noexcept;

  CommandLog& log() noexcept { return log_; }
  Latency& latency() noexcept { return latency_; }

 private:
  void add(CommandLog::Kind kind, const Session& session, const CommandRow& row, Args args,
           int64_t value, int64_t unix_s, const std::atomic<int64_t>& max) noexcept;

  const Settings& settings_;
  std::array<char, 40> run_id_;
  const TickScale scale_;
  CommandLog log_;
  Latency latency_;
};

/// The line by which MONITOR shows a command, of a client or of a script.
std::string monitor_line(const Session& session, bool from_script, const CommandRow& row, Args args,
                         int64_t now_us);

/// Whether a request may have the size of one that is logged by default, or more.
inline bool may_be_large(Args args) noexcept {
  constexpr size_t kAroundWord = 6;  // at least
  size_t bytes = args.size() * (kAroundWord + 8);
  for (const Bytes word : args) bytes += word.size();
  return bytes >= static_cast<size_t>(Observer::kLarge);
}

}  // namespace kevy
