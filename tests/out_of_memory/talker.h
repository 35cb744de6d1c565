// A client that checks what it gets: every value that it stores or publishes carries its name, and
// every one that it reads is to be its own. It takes an error for want of memory, or the end of its
// connection, as an answer; nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "capi/socket_client.h"

namespace kevy::test {

class Talker {
 public:
  Talker(const std::string& address, std::string name);

  /// A conversation of all that a connection can be asked. Says what is wrong in wrong().
  void talk();
  /// The same where nothing fails: each answer is the right one.
  void talk_without_failures() {
    lenient_ = false;
    talk();
    lenient_ = true;
  }
  const std::string& wrong() const { return wrong_; }
  bool closed() const { return closed_; }
  size_t answers() const { return answers_; }

  /// One command; the reply as text with its parts between brackets. None when the connection
  /// ended.
  std::optional<std::string> ask(const std::vector<std::string>& words);

 private:
  using Allowed = std::vector<std::string>;

  bool send(const std::vector<std::string>& words);
  std::optional<std::string> read();
  std::optional<std::string> line();
  std::optional<std::string> bytes(size_t count);
  /// False when the conversation is over.
  bool expect(const std::vector<std::string>& words, const Allowed& allowed);
  bool expect_any(const std::vector<std::string>& words);
  bool check(const std::string& what, const std::string& got, const Allowed& allowed);
  bool strings();
  bool long_requests();
  bool transaction();
  bool pipeline();
  bool channels();
  bool connection();

  Client client_;
  const std::string name_;
  std::string wrong_;
  std::string got_;  // received, and not yet read
  size_t at_ = 0;
  size_t answers_ = 0;
  bool lenient_ = true;
  bool closed_ = false;
};

}  // namespace kevy::test
