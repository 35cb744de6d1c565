// Migrator: the one thread of an instance that takes keys to other servers, all migrations side by
// side. Started by the first of them, so an instance that never migrates has none; sleeps while
// there is nothing to do. It holds nothing while it waits for the network, and shards only in
// Runtime::end_migration.
//
// A connection over which all went well is kept for ten seconds, for the next migration to the same
// place with the same login.
#pragma once

#include <poll.h>

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/event_descriptor.h"
#include "net/migration/conversation.h"
#include "runtime/migration/migration.h"

namespace kevy {

class Migrator final : public Migrations {
 public:
  explicit Migrator(Runtime& runtime) noexcept : runtime_(runtime) {}
  ~Migrator() override { stop(); }
  Migrator(const Migrator&) = delete;
  Migrator& operator=(const Migrator&) = delete;

  Status start() override;
  void begin(const WaiterPtr& waiter) override;
  void look() noexcept override;
  /// More of the log is safe. Any thread.
  void disk_moved() noexcept {
    if (awaits_disk_.load(std::memory_order_seq_cst)) look();
  }
  /// Ends the thread, and with it what is under way. Final. A name that is looked up is waited for.
  void stop() noexcept;

 private:
  /// A connection that is kept.
  struct Kept {
    std::string host, login;
    std::optional<uint16_t> port;
    int64_t until_us;
    Socket socket;
  };

  void run() noexcept;
  bool take_begun() noexcept;
  void begin_idle() noexcept;
  void begin(Conversation& conversation) noexcept;
  void wait() noexcept;
  void go_on(Conversation& conversation, int events) noexcept;
  void end_what_is_over() noexcept;
  void end_all() noexcept;
  void keep(Conversation& conversation) noexcept;
  Socket take_kept(const Migration& migration) noexcept;
  void drop_old() noexcept;

  Runtime& runtime_;
  std::atomic<bool> awaits_disk_{false};  // some are idle until the disk has what they would show

  std::mutex mutex_;  // guards what follows; a leaf
  std::list<Conversation> begun_;
  std::unique_ptr<EventDescriptor> event_;  // constant once there is one
  std::thread thread_;
  bool stopping_ = false;

  // Of the thread.
  std::list<Conversation> running_;
  std::vector<pollfd> polled_;  // the event, then running_
  std::list<Kept> kept_;        // the oldest first
};

}  // namespace kevy
