// SaveRules: `save`, which says after how many seconds and changes a snapshot is made without being
// asked for. Housekeeping looks at the rules, on the instance's clock, and begins one as BGSAVE
// does.
//
// Any thread may call any method; look() is housekeeping's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/persistence/snapshots.h"
#include "runtime/runtime.h"
#include "runtime/settings/configuration.h"

namespace kevy {

/// A snapshot is due when the last one is more than `seconds` old and there were `changes` since.
struct SaveRule {
  int64_t seconds;
  int64_t changes;
};

class SaveRules {
 public:
  using Steady = std::chrono::steady_clock;

  /// After one that failed the next is begun this much later.
  static constexpr int64_t kRetryS = 5;

  SaveRules(Runtime& runtime, Snapshots& snapshots) noexcept
      : runtime_(runtime), snapshots_(snapshots) {}

  /// Before the start what is set is added to the rules that there are, as lines of a file are;
  /// from then on it replaces them.
  Configuration::Directive directive();
  /// From here on rules are refused that there is no directory for; so are those that are there.
  Status start(bool has_directory);

  /// From here on the rules act, and no longer than until end(), which tells whether they did.
  void begin() noexcept { begun_.store(true); }
  bool end() noexcept { return begun_.exchange(false); }

  bool any() const noexcept {
    return runtime_.settings().save_rules.load(std::memory_order_relaxed);
  }
  bool acts() const noexcept { return any() && begun_.load(); }
  /// Begins a snapshot if one is due. Returns when to look again; holds nothing.
  Steady::time_point look() noexcept;

 private:
  std::string text() const;
  std::optional<std::string> set(Bytes text);
  std::vector<SaveRule> rules() const;
  Steady::time_point look_at(const std::vector<SaveRule>& rules);

  Runtime& runtime_;
  Snapshots& snapshots_;
  std::atomic<bool> begun_{false};
  mutable std::mutex mutex_;  // guards what follows
  std::vector<SaveRule> rules_;
  bool started_ = false;
  bool has_directory_ = false;
};

}  // namespace kevy
