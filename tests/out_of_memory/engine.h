// An instance to fail commands on: with keys of every type in every form, a session that speaks
// through either door, a log, and all its data as text to compare.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "failing_memory.h"
#include "instance/instance.h"
#include "logged_units.h"
#include "runtime/session/protocol_session.h"

namespace kevy::test {

using Words = std::vector<std::string>;

/// The words of a line; "$9" stands for nine bytes, and ranges for what collections are made of:
/// "@0-9" members, "#0-9" fields with values, "%0-9" scores with members, "=0-9" integers; "&key" for
/// the payload of a key.
Words words_of(std::string_view line);
/// The lines between semicolons.
std::vector<Words> commands_of(std::string_view lines);

/// The engine's log; looking at it takes memory that does not fail.
class LogInMemory final : public WriteLog {
 public:
  LogInMemory() : WriteLog(SIZE_MAX) {}
  std::vector<LoggedUnit> take();

 private:
  UnitReader reader_;
};

/// Keys by database and name: type, value and time to live as text. What has expired is not there.
using Contents = std::map<std::string, std::string>;

class Engine {
 public:
  enum class Door { kTree, kProtocol };
  /// The allocation of a command that is to fail.
  struct Injection {
    size_t number;
    Failing how;
  };
  /// What became of a command.
  struct Outcome {
    enum class Kind { kAnswered, kNoMemory, kClosed };
    Kind kind = Kind::kAnswered;
    bool failed = false;  // an allocation did
    std::string reply;    // in RESP, of Door::kProtocol alone
  };

  explicit Engine(Door door);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Outcome run(const Words& words, std::optional<Injection> injection = std::nullopt);
  void replay(const std::vector<LoggedUnit>& units);

  Contents contents();
  /// Looks every key, field and member up that is there; the first that is not found, or "".
  std::string not_found();
  /// The session's own state.
  std::string session_state() const;
  /// Deletes every key; what the keyspaces then say that they take.
  size_t memory_when_empty();
  /// Drops what the session has queued, and watches.
  void forget_transaction();

  Runtime& runtime() { return instance_->runtime(); }
  Session& session() { return *session_; }
  LogInMemory& log() { return log_; }

 private:
  Outcome run_tree(const std::vector<Bytes>& args, std::optional<Injection> injection);
  Outcome run_protocol(const std::string& request, std::optional<Injection> injection);

  const Door door_;
  LogInMemory log_;
  std::unique_ptr<Instance> instance_;
  std::unique_ptr<ProtocolSession> protocol_;
  std::shared_ptr<Session> session_;
};

/// An engine with those of the keys in engine.cpp that the commands name, or with all where one of
/// them is about whole databases. It has logged nothing yet.
std::unique_ptr<Engine> engine_with_keys_of(const std::vector<Words>& commands, Engine::Door door);

}  // namespace kevy::test
