// Socket: the owner of a socket that one process alone serves. A child of fork() closes its copies before
// fork() returns in it; so a port or a connection ends when its owner ends it, whoever was forked
// meanwhile. Movable; closes when it goes. One thread at a time, but for fork().
//
// All sockets of the process stand in one list, since fork() copies all of them, whosever they are.
#pragma once

#include <utility>

namespace kevy {

class Socket {
 public:
  Socket() = default;
  /// Owns what `make` returns: a new descriptor, or a number below zero. No fork comes in between.
  template <typename Make>
  static Socket made_by(Make&& make) noexcept {
    const ForkHeldOff held_off;
    return Socket(make());
  }
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

 private:
  /// While there is one, no other thread forks.
  struct ForkHeldOff {
    ForkHeldOff() noexcept;
    ~ForkHeldOff();
    ForkHeldOff(const ForkHeldOff&) = delete;
    ForkHeldOff& operator=(const ForkHeldOff&) = delete;
  };

  /// With fork held off, as the next four.
  explicit Socket(int number) noexcept : number_(number) { link(); }
  void link() noexcept;
  void unlink() noexcept;
  void take(Socket& other) noexcept;
  void close() noexcept;

  static void hold_off_fork() noexcept;
  static void allow_fork() noexcept;
  static void close_all_in_child() noexcept;

  int number_ = -1;
  // Of the list; linked where number_ is one.
  Socket* next_ = nullptr;
  Socket* previous_ = nullptr;
};

}  // namespace kevy
