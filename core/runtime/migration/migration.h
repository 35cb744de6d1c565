// Migration: keys on their way to another server, for a command that waits meanwhile. And the seam
// to who takes them there: the runtime knows no socket, so the instance gives it Migrations.
//
// The command makes it, with its keys' shards held: the requests that carry copies of the values,
// and a watch on each key. From begin() on it is of whoever talks to the other server, with nothing
// held; then Runtime::end_migration runs the command again, which removes what has arrived and is
// unchanged. Whatever else ends the wait, the keys stay, and no watch does.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "runtime/shard/watches.h"
#include "store/keyspace.h"

namespace kevy {

class Runtime;
class Waiter;

/// How a conversation with the other server ended.
enum class MigrationEnd : uint8_t {
  kAnswered,      // every request was
  kNoConnection,  // was had: there is no such place, or it took too long
  kNotWritten,    // were all of the requests; or a connection was refused
  kNotRead,       // were all of the replies
};

class Migration {
 public:
  struct MovedKey {
    MovedKey(Bytes key_name, int64_t expiry_ms, size_t end)
        : name(key_name), expires_at_ms(expiry_ms), request_end(end) {}

    const std::string name;
    const int64_t expires_at_ms;  // as Entry has it
    const size_t request_end;     // in `requests`
    /// Whether it was changed since its value was copied: not to be deleted. Of who holds its
    /// shard.
    WatchFlag changed{WatchFlag::Sees::kAll};
    /// The other server has said that it has it. Of whoever talks to it, and then of the command.
    bool restored = false;
  };

  Migration() = default;
  Migration(const Migration&) = delete;
  Migration& operator=(const Migration&) = delete;

  // Constant from begin() on.
  std::string host;
  std::optional<uint16_t> port;
  int64_t timeout_ms = 0;  // for each moment in which nothing moves
  bool copies = false;     // the keys stay
  int database = 0;        // which they are in
  std::string login;       // the words of the login as a request, or nothing
  std::string requests;  // all of them in order, in RESP: the login, SELECT, then one for each key
  size_t requests_before_keys = 0;
  uint64_t fence = 0;  // the values may be shown once the log is safe up to here
  std::deque<MovedKey> keys;  // which stay where they are

  // Of whoever talks to the other server, and then of the command.
  MigrationEnd end = MigrationEnd::kAnswered;
  std::optional<std::string>
      refusal;  // the first error that it answered for a key, without the minus

  /// Begins to watch the keys, whose shards are held. Throws std::bad_alloc, and watches none.
  void watch(Runtime& runtime);
  /// Ends that, with the same shards held; also where it has not begun.
  void forget(Runtime& runtime) noexcept;

 private:
  size_t watched_ = 0;  // keys; of who holds their shards
};

/// Who takes keys to other servers. The instance gives it to the runtime before the first command;
/// any thread may call any method, whatever it holds, and none of them waits.
class Migrations {
 public:
  virtual ~Migrations() = default;
  /// Makes ready what it takes: a thread.
  virtual Status start() = 0;
  /// Begins the waiter's migration; calls Runtime::end_migration once, whatever comes of it. Throws
  /// std::bad_alloc, and has not begun.
  virtual void begin(const std::shared_ptr<Waiter>& waiter) = 0;
  /// Some wait for a migration is over, which need not go on.
  virtual void look() noexcept = 0;
};

}  // namespace kevy
