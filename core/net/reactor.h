// Reactor: one thread with an epoll set, which serves the connections it was given. It sleeps
// without a timeout unless something is due, so idle connections cost no time at all.
//
// It owns the connections from adopt() on; one that was closed lives until the end of the round,
// since others may still name it. It owns the spare buffers, which it lends to one connection at a
// time.
//
// adopt(), wake(), forget(), settings_changed(), disk_moved(), looks_done(), look(), looked(),
// quiet(), stop() and load() may be called from any thread; all else belongs to the reactor's own.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/condition.h"
#include "base/descriptor.h"
#include "base/result.h"
#include "net/connection.h"
#include "net/looks.h"

namespace kevy {

class Reactor {
 public:
  Reactor(Runtime& runtime, Looks& looks);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Makes the descriptors and starts the thread.
  Status start();
  /// Ends the thread and closes the connections. Final.
  void stop();

  /// Serves a new connection from now on.
  void adopt(Socket socket, Session::Door door, SessionStart start);
  /// How many connections it serves or was given.
  size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
  /// Has the reactor look at a connection of its own. Allocates nothing.
  void wake(Connection& connection) noexcept;
  /// Has the reactor find out anew when something is due and who is over a limit.
  void settings_changed() noexcept {
    settings_changed_.store(true, std::memory_order_seq_cst);
    signal();
  }

  /// Has the reactor look at what has come to its sockets, in a round of looks that was asked for.
  void look() noexcept { signal(); }
  /// The last round of looks that it has gone through.
  uint64_t looked() const noexcept { return looked_.load(std::memory_order_seq_cst); }
  /// Whether it has nothing to do, and nothing has come to its sockets. Not on its own thread.
  bool quiet() const noexcept;
  /// Another one has looked: goes on with those that wait for that.
  void looks_done() noexcept {
    if (awaits_looks_.load(std::memory_order_seq_cst)) signal();
  }
  /// Has the command run when all have looked at what has come by now. Throws std::bad_alloc.
  void await_looks(WaiterPtr waiter) { publishing_.push_back(std::move(waiter)); }

  /// Has the reactor look at those that await the disk.
  void disk_moved() noexcept;

  /// Watches a descriptor no more: on return the pollable is not being called and will not be. Not
  /// on the reactor's own thread.
  void forget(int descriptor, Pollable& pollable) noexcept;

  /// Watches a descriptor from now on. False when the kernel refuses.
  [[nodiscard]] bool add(int descriptor, uint32_t events, Pollable& pollable) noexcept;
  /// Watches a descriptor that was added for other events than before. False when the kernel
  /// refuses.
  [[nodiscard]] bool watch(int descriptor, uint32_t events, Pollable& pollable) noexcept;

  /// Calls on_rested() in a tenth of a second: for what the kernel would report again at once, and
  /// can not be dealt with now.
  void rest(Pollable& pollable) noexcept;

  /// While a connection runs a long script, on the reactor's thread: reads from the others, which
  /// are answered BUSY or end the script, and takes new ones as far as there is room for them.
  void serve_others() noexcept;
  /// The one whose thread calls, or nullptr.
  static Reactor* own() noexcept { return own_; }

  /// Calls proceed() in the next round. Allocates nothing, as closing does.
  void defer(Connection& connection) noexcept;
  /// Whether connections of its own were woken and not looked at since.
  bool any_woken() const noexcept { return any_woken_.load(std::memory_order_relaxed); }
  /// Whether it is within serve_others().
  bool serves_others() const noexcept { return serves_others_; }
  /// Calls finish() when those have been looked at. Allocates nothing.
  void finish_later(Connection& connection) noexcept;
  /// Whether connections have read what they have not run yet.
  bool has_deferred() const noexcept { return !deferred_.empty(); }
  /// Calls disk_moved() of the connection until it is true. Allocates nothing.
  void await_disk(Connection& connection) noexcept;
  /// Forgets the connection and deletes it at the end of the round.
  void close(Connection& connection) noexcept;
  /// Has the reactor look at the time every tenth of a second for a while, as something is due
  /// soon.
  void tick_soon() noexcept { tick_soon_ = true; }

  /// The memory that a busy connection borrows (Connection::borrow_input, borrow_output) and gives
  /// back when it is done; always empty, since bytes never change owner with it. On the reactor's
  /// thread.
  InputBuffer& spare_input() noexcept { return spare_input_; }
  OutputQueue& spare_output() noexcept { return spare_output_; }

 private:
  struct Arrival {
    Socket socket;
    Session::Door door;
    SessionStart start;
  };
  /// One that forget() waits for, on its caller's stack.
  struct Departure {
    int descriptor;
    Pollable* pollable;
    bool done = false;  // guarded by departed_mutex_
    Departure* next = nullptr;
  };
  class WakeUp;
  static constexpr size_t kEventsMax = 256;  // of one round

  bool control(int operation, int descriptor, uint32_t events, Pollable& pollable) noexcept;
  void run();
  size_t wait();
  void note_looked(uint64_t round) noexcept;
  void begin_look() noexcept;
  void end_look(size_t events) noexcept;
  bool may_publish() const noexcept;
  void run_publishing() noexcept;
  void take_inbox();
  void take_departures();
  void finish(std::vector<Connection*>& those);
  void run_deferred();
  void look_at_disk();
  size_t run_together(std::span<Connection* const> waiting);
  void tick(bool at_once);
  int timeout_ms();
  void make_room();
  void admit(Arrival arrival);
  void admit_all(std::span<Arrival> arrivals) noexcept;
  void resume_resting() noexcept;
  void remove_resting(Pollable& pollable) noexcept;
  void signal() noexcept;
  bool inbox_empty();

  static thread_local Reactor* own_;

  Runtime& runtime_;
  Looks& looks_;
  Descriptor epoll_;
  std::unique_ptr<WakeUp> wake_up_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> settings_changed_{false};
  std::atomic<bool> awaits_disk_{false};  // connections do
  std::atomic<bool> disk_moved_{false};
  std::atomic<bool> sleeping_{
      false};                      // in epoll_wait, or about to be: a signal needs a system call
  std::atomic<bool> idle_{false};  // in epoll_wait, with nothing left to do
  std::atomic<size_t> load_{0};
  std::atomic<uint64_t> looked_{0};  // a round
  std::atomic<bool> awaits_looks_{false};
  std::atomic<bool> any_woken_{false};

  // Of the reactor's thread. Each has room for every connection that is served.
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> closed_;
  std::vector<Connection*> deferred_;
  std::vector<Connection*> finish_next_, finish_now_;  // of finish_later()
  std::vector<Connection*> awaiting_disk_;
  std::vector<Connection*> running_;  // what was deferred, or woken, and is being looked at
  InputBuffer spare_input_;
  OutputQueue spare_output_;
  std::vector<WaiterPtr> publishing_;  // were postponed since the others were last asked
  std::vector<WaiterPtr> asked_for_;   // wait for the round of looks `awaited_`
  uint64_t awaited_ = 0;
  uint64_t round_ = 0;           // of looks, that it goes through
  size_t look_left_ = 0;         // how many events may still be of what had come when that began
  bool look_admits_ = false;     // it goes on for those that are admitted now
  bool admitted_ = false;        // a connection, whose socket was not looked at yet
  Pollable* resting_ = nullptr;  // a list through next_resting
  bool serves_others_ = false;
  bool tick_soon_ = false;
  int64_t last_tick_us_ = 0;

  Lock inbox_lock_;  // guards what follows
  std::vector<Arrival> arrivals_;
  std::vector<Connection*> woken_;  // has room for every connection
  Departure* departures_ = nullptr;
  bool ended_ = false;  // nothing is watched any more

  std::mutex departed_mutex_;
  Condition departed_;
};

}  // namespace kevy
