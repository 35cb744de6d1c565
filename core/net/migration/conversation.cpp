#include "net/migration/conversation.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.h"

namespace kevy {

namespace {

constexpr size_t kWriteMax = 256 * 1024, kReadMax = 16 * 1024;  // at a time
constexpr int64_t kTimeoutMaxMs = int64_t{1} << 40;             // some 35 years

bool is_later(int code) noexcept { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

}  // namespace

void Conversation::begin(Socket used, int64_t now_us) {
  used_ = static_cast<bool>(used);
  if (used_) {
    socket_ = std::move(used);
    begin_to_talk(now_us);
    return;
  }
  find_addresses();
  now_us = Clock::monotonic_us();  // that may have taken long
  move_deadline(now_us);
  connect_to_next(now_us);
}

void Conversation::find_addresses() {
  Address address;
  address.host = migration_.host;
  address.port = migration_.port.value_or(0);
  if (address.host == "*" || !migration_.port) return;  // no other server is there
  if (auto found = resolve(address)) addresses_ = std::move(*found);
}

void Conversation::move_deadline(int64_t now_us) noexcept {
  deadline_us_ = now_us + std::min(migration_.timeout_ms, kTimeoutMaxMs) * 1000;
}

void Conversation::connect_to_next(int64_t now_us) {
  while (next_address_ != addresses_.size()) {
    const SocketAddress& address = addresses_[next_address_++];
    socket_ = Socket::made_by([&] {
      return socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    });
    if (!socket_) continue;
    if (connect(socket_.get(), address.get(), address.size) == 0) {
      begin_to_talk(now_us);
      return;
    }
    if (errno == EINPROGRESS || errno == EINTR) {
      state_ = State::kConnecting;
      return;
    }
  }
  end(refused_connection_ ? MigrationEnd::kNotWritten : MigrationEnd::kNoConnection);
}

void Conversation::finish_connecting(int64_t now_us) {
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code == 0) {
    begin_to_talk(now_us);
  } else {
    refused_connection_ = true;
    connect_to_next(now_us);
  }
}

void Conversation::begin_to_talk(int64_t now_us) noexcept {
  const int on = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  state_ = State::kTalking;
  move_deadline(now_us);
}

short Conversation::wanted() const noexcept {
  if (state_ == State::kConnecting) return POLLOUT;
  return all_written() ? POLLIN : POLLIN | POLLOUT;
}

void Conversation::go_on(int events, int64_t now_us) {
  if (events == 0) {
    if (now_us >= deadline_us_) give_up();
    return;
  }
  if (state_ == State::kConnecting) {
    finish_connecting(now_us);
    return;
  }
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) read_some(now_us);
  if (state_ == State::kTalking && !all_written()) write_some(now_us);
}

void Conversation::write_some(int64_t now_us) {
  const size_t left = migration_.requests.size() - written_;
  const ssize_t sent = send(socket_.get(), migration_.requests.data() + written_,
                            std::min(left, kWriteMax), MSG_NOSIGNAL);
  if (sent > 0) {
    written_ += static_cast<size_t>(sent);
    move_deadline(now_us);
  } else if (sent == 0 || !is_later(errno)) {
    fail(now_us);
  }
}

void Conversation::read_some(int64_t now_us) {
  std::array<char, kReadMax> buffer;
  const ssize_t received = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (received > 0) {
    move_deadline(now_us);
    take({buffer.data(), static_cast<size_t>(received)});
  } else if (received == 0 || !is_later(errno)) {
    fail(now_us);
  }
}

// A connection that was used before may have been closed meanwhile: then there is another.
void Conversation::fail(int64_t now_us) {
  if (used_ && replies_ == 0 && line_.empty()) {
    written_ = 0;
    begin({}, now_us);
    return;
  }
  give_up();
}

void Conversation::give_up() noexcept {
  if (state_ == State::kIdle || state_ == State::kConnecting) {
    end(MigrationEnd::kNoConnection);
  } else {
    end(all_written() ? MigrationEnd::kNotRead : MigrationEnd::kNotWritten);
  }
}

void Conversation::take(Bytes bytes) {
  while (!bytes.empty() && !over()) {
    const size_t end_of_line = bytes.find('\n');
    const Bytes part = bytes.substr(0, end_of_line);
    if (line_.size() + part.size() > kLineMax) {
      end(MigrationEnd::kNotRead);
      return;
    }
    line_ += part;
    if (end_of_line == Bytes::npos) return;
    bytes.remove_prefix(end_of_line + 1);
    Bytes line = line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line);
    line_.clear();
  }
  // Nobody knows what comes behind the last reply.
  if (over() && !bytes.empty()) socket_ = {};
}

// An error in reply to what comes before the keys says that none of them went where it was to go.
// It is told of when a key is answered, as the references do.
void Conversation::take_line(Bytes line) {
  const size_t reply = replies_++;
  const size_t before = migration_.requests_before_keys;
  Migration::MovedKey* const key = reply < before ? nullptr : &migration_.keys[reply - before];
  const bool is_error = line.starts_with('-');
  const bool too_soon = key != nullptr && written_ < key->request_end;
  if (too_soon || (!is_error && line != "+OK")) {
    end(MigrationEnd::kNotRead);
    return;
  }
  if (is_error) line.remove_prefix(1);
  if (key == nullptr) {
    if (is_error && !refused_) refused_ = line;
  } else if (is_error || refused_) {
    if (!migration_.refusal) migration_.refusal = refused_ ? *refused_ : std::string(line);
  } else {
    key->restored = true;
  }
  if (replies_ == expected()) {
    migration_.end = MigrationEnd::kAnswered;
    state_ = State::kOver;
  }
}

void Conversation::end(MigrationEnd how) noexcept {
  if (over()) return;
  migration_.end = how;
  state_ = State::kOver;
  socket_ = {};
}

}  // namespace kevy
