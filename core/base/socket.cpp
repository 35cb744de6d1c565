#include "base/socket.h"

#include <pthread.h>
#include <unistd.h>

#include <mutex>

namespace kevy {

namespace {

constinit std::mutex fork_mutex;  // guards the list; held by a thread that forks
constinit Socket* first_socket = nullptr;

}  // namespace

void Socket::hold_off_fork() noexcept { fork_mutex.lock(); }

void Socket::allow_fork() noexcept { fork_mutex.unlock(); }

// What is not closed in the child belongs to handles that it can only abandon.
void Socket::close_all_in_child() noexcept {
  while (first_socket != nullptr) first_socket->close();
  fork_mutex.unlock();
}

Socket::ForkHeldOff::ForkHeldOff() noexcept {
  static const int registered =
      pthread_atfork(&Socket::hold_off_fork, &Socket::allow_fork, &Socket::close_all_in_child);
  (void)registered;
  hold_off_fork();
}

Socket::ForkHeldOff::~ForkHeldOff() { allow_fork(); }

void Socket::link() noexcept {
  if (number_ < 0) return;
  next_ = first_socket;
  previous_ = nullptr;
  if (next_ != nullptr) next_->previous_ = this;
  first_socket = this;
}

void Socket::unlink() noexcept {
  (previous_ == nullptr ? first_socket : previous_->next_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

void Socket::close() noexcept {
  if (number_ < 0) return;
  unlink();
  ::close(std::exchange(number_, -1));
}

void Socket::take(Socket& other) noexcept {
  if (other.number_ < 0) return;
  other.unlink();
  number_ = std::exchange(other.number_, -1);
  link();
}

Socket::Socket(Socket&& other) noexcept {
  const ForkHeldOff held_off;
  take(other);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this == &other) return *this;
  const ForkHeldOff held_off;
  close();
  take(other);
  return *this;
}

Socket::~Socket() {
  if (number_ < 0) return;
  const ForkHeldOff held_off;
  close();
}

}  // namespace kevy
