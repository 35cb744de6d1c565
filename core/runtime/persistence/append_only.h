// AppendOnly: what commands may ask of the append-only file, which they do not know. The instance
// gives it to the runtime before the first command; without one nothing is written to any disk.
//
// Any thread may call any method. Those that begin something return at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace kevy {

class AppendOnly {
 public:
  struct State {
    bool enabled = false;
    uint64_t current_size = 0;  // of base and increments
    uint64_t base_size = 0;     // when the base was made
    bool last_write_ok = true;
    bool rewriting = false;
    bool rewrite_scheduled = false;
    bool last_rewrite_ok = true;
    int64_t last_rewrite_s = -1;
    uint64_t rewrites = 0;
    uint64_t waiting_bytes = 0;  // not written yet
    uint64_t delayed_syncs = 0;
  };
  virtual ~AppendOnly() = default;
  virtual State state() noexcept = 0;
  /// BGREWRITEAOF. What is wrong, or nothing.
  virtual std::optional<std::string> rewrite() = 0;
};

}  // namespace kevy
