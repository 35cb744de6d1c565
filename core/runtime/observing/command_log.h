// CommandLog: the commands that took long, or whose requests or replies were large: three logs,
// each with as many of its newest entries as it may have.
//
// Any thread may call any method; the lock is a leaf.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/lock.h"
#include "runtime/dispatch/command.h"

namespace kevy {

class CommandLog {
 public:
  enum class Kind : uint8_t { kSlow, kLargeRequest, kLargeReply };

  struct Entry {
    int64_t unix_s = 0;
    int64_t value = 0;  // microseconds, or bytes
    std::vector<std::string> words;
    std::string address;
    std::string client_name;
    uint64_t id = 0;  // given by add()
  };
  using EntryPtr = std::shared_ptr<const Entry>;

  /// Drops the oldest where there are more than `max` with this one. Throws std::bad_alloc, and
  /// nothing has changed.
  void add(Kind kind, Entry entry, size_t max);
  /// At most `count`, the newest first.
  std::vector<EntryPtr> newest(Kind kind, size_t count) const;
  size_t size(Kind kind) const;
  void reset(Kind kind) noexcept;

  /// The words of a command as a log shows them: what is secret hidden, and the rest shortened
  /// where it is long or many.
  static std::vector<std::string> shown(const CommandRow& row, Args args);

 private:
  struct Log {
    std::deque<EntryPtr> entries;  // the newest in front
    uint64_t next_id = 0;
  };

  mutable Lock lock_;  // guards logs_
  std::array<Log, 3> logs_;
};

}  // namespace kevy
