// SessionTracking: what a session has asked for with CLIENT TRACKING: to be told when keys change
// that it has read, or whose names begin in some way, since it keeps their values.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>

namespace kevy {

struct SessionTracking {
  enum Mode : uint8_t {
    kOn = 1 << 0,
    kBroadcast =
        1 << 1,  // told of all keys with one of its prefixes, whether or not it has read them
    kOptIn = 1 << 2,
    kOptOut = 1 << 3,
    kNoLoop = 1 << 4,          // not told of its own changes
    kBrokenRedirect = 1 << 5,  // found when it was to be told something
  };

  // Written by the thread that runs the session, but for kBrokenRedirect; read by any.
  std::atomic<uint8_t> modes{0};
  /// The session that is told in its place; 0: itself.
  std::atomic<uint64_t> redirect{0};

  // Of the thread that runs the session.
  bool caching_said = false;  // CLIENT CACHING, of the command that comes next
  std::set<std::string, std::less<>> prefixes;

  bool has(uint8_t any_of) const noexcept {
    return (modes.load(std::memory_order_relaxed) & any_of) != 0;
  }
  bool on() const noexcept { return has(kOn); }
  /// Whether what the running command reads is to be remembered.
  bool remembers() const noexcept {
    const uint8_t now = modes.load(std::memory_order_relaxed);
    if ((now & kOn) == 0 || (now & kBroadcast) != 0) return false;
    return ((now & kOptIn) == 0 || caching_said) && ((now & kOptOut) == 0 || !caching_said);
  }
};

}  // namespace kevy
