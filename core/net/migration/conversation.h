// Conversation: takes the requests of one migration to the other server and reads what it answers.
// It never waits: who has it polls its descriptor for what it wants, and calls go_on().
//
// The other server is not trusted. A key counts as restored when the reply in its place is +OK, and
// came after its whole request had been sent; anything but a line of that or of an error is the end
// of the conversation, and so is a line that does not end. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/socket.h"
#include "net/address.h"
#include "runtime/migration/migration.h"
#include "runtime/waiting/waiter.h"

namespace kevy {

class Conversation {
 public:
  /// The line of one reply has at most so many bytes.
  static constexpr size_t kLineMax = 16 * 1024;

  explicit Conversation(WaiterPtr waiter)
      : waiter_(std::move(waiter)), migration_(*waiter_->migration) {}

  const WaiterPtr& waiter() const noexcept { return waiter_; }
  const Migration& migration() const noexcept { return migration_; }

  /// Begins, over a connection that was used before, if there is one. Looks a name up, which may
  /// take as long as the system lets it. Throws std::bad_alloc.
  void begin(Socket used, int64_t now_us);
  /// What polling the descriptor has told, in poll's bits; 0: nothing, so that its time may be
  /// over. Throws std::bad_alloc.
  void go_on(int events, int64_t now_us);
  /// Ends it where it is, if it is not over.
  void give_up() noexcept;

  /// Whether it has not begun.
  bool idle() const noexcept { return state_ == State::kIdle; }
  bool over() const noexcept { return state_ == State::kOver; }
  int descriptor() const noexcept { return socket_.get(); }
  short wanted() const noexcept;
  int64_t deadline_us() const noexcept { return deadline_us_; }
  /// Once it is over: the connection, if another conversation may use it.
  Socket take_socket() noexcept { return std::move(socket_); }

 private:
  enum class State : uint8_t { kIdle, kConnecting, kTalking, kOver };

  void find_addresses();
  void connect_to_next(int64_t now_us);
  void finish_connecting(int64_t now_us);
  void begin_to_talk(int64_t now_us) noexcept;
  void write_some(int64_t now_us);
  void read_some(int64_t now_us);
  void take(Bytes bytes);
  void take_line(Bytes line);
  bool all_written() const noexcept { return written_ == migration_.requests.size(); }
  size_t expected() const noexcept {
    return migration_.requests_before_keys + migration_.keys.size();
  }
  void fail(int64_t now_us);
  void end(MigrationEnd how) noexcept;
  void move_deadline(int64_t now_us) noexcept;

  const WaiterPtr waiter_;
  Migration& migration_;
  State state_ = State::kIdle;
  Socket socket_;
  bool used_ = false;  // the connection was used before
  std::vector<SocketAddress> addresses_;
  size_t next_address_ = 0;
  bool refused_connection_ = false;  // by one of them
  int64_t deadline_us_ = INT64_MAX;
  size_t written_ = 0;
  size_t replies_ = 0;
  std::optional<std::string> refused_;  // the login or the database: with what error
  std::string line_;                    // the beginning of the next one
};

}  // namespace kevy
