// Shutdown: how SHUTDOWN reaches the host of the instance, which alone can stop it. The instance
// gives it to the runtime before the first command. Any thread may call any method, whatever it
// holds.
#pragma once

#include <cstdint>

namespace kevy {

class Shutdown {
 public:
  /// What is done with the keys when the instance is stopped: as the `save` rules say, or not.
  enum class Saving : uint8_t { kByRules, kAlways, kNever };

  virtual ~Shutdown() = default;
  /// Whether there is someone to be told, or an instance that loads, which ends that.
  virtual bool possible() noexcept = 0;
  /// Has the host told soon, by another thread, that it is to stop the instance.
  virtual void ask(Saving saving) noexcept = 0;
};

}  // namespace kevy
