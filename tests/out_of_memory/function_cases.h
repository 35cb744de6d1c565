// What each function of kevy.h is made to do while memory runs out.
#pragma once

#include <kevy.h>

#include <span>
#include <string>
#include <vector>

namespace kevy::test {

/// The handles that a case calls with, and what its call gives. One thread.
class World {
 public:
  /// An instance with a key of every type, or none.
  enum class Start { kInstance, kNothing };
  explicit World(Start start);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// What the keys hold, as text.
  std::string contents();
  /// Runs a command, in words between spaces, and gives its reply as text.
  std::string run(const std::string& line);
  std::string run_in_session(const std::string& line);
  void publish(const std::string& channel, const std::string& message);
  void open_session();
  void subscribe(kevy_message_callback callback);
  void listen();

  /// Marks what a call is to leave untouched when it fails.
  void clear_outputs();
  bool outputs_untouched() const;
  /// The status, but KEVY_NO_MEMORY where the reply is the error that says so; that is freed.
  kevy_status told(kevy_status status);
  /// The reply as text; frees it.
  std::string take_reply();
  /// Says what is not as it should be, once.
  void expect(bool holds, const std::string& what);
  void expect_same(const std::string& got, const std::string& wanted);
  const std::string& wrong() const { return wrong_; }

  kevy_instance* db = nullptr;
  kevy_session* session = nullptr;
  kevy_subscription* subscription = nullptr;
  std::string before;  // what the keys held when the call began

  // What a call gives.
  kevy_instance* started;
  kevy_session* opened;
  kevy_subscription* subscribed;
  kevy_message* message;
  kevy_reply* reply;
  char buffer[100'000];
  size_t size;
  int descriptor;
  kevy_listener* listener = nullptr;
  int64_t number;

 private:
  std::string wrong_;
};

struct FunctionCase {
  const char* function;
  const char* what;
  World::Start start;
  void (*prepare)(World&);
  /// The call whose allocations fail. One that can not fail says KEVY_OK.
  kevy_status (*call)(World&);
  /// What holds when it has succeeded; frees what it gave.
  void (*check)(World&);
};

std::span<const FunctionCase> instance_cases();
std::span<const FunctionCase> session_cases();
/// Both.
std::vector<FunctionCase> function_cases();

}  // namespace kevy::test
