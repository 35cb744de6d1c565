// WaitingCall: one command of a session that may wait, run on a thread of its own, so that the
// event loop goes on. The thread is never joined: a command that waits for ever must not keep its
// process or Worker from ending.
//
// While the call runs the session belongs to its thread. If the session is closed meanwhile, the
// call is abandoned, and its thread closes the session when the command ends.
#pragma once

#include <kevy.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "reply.h"
#include "words.h"

namespace kevy::node {

class WaitingCall {
 public:
  /// Copies the words and starts the thread; nullptr when the system has none left.
  static std::shared_ptr<WaitingCall> start(kevy_session* session, const Words& words);

  WaitingCall(const WaitingCall&) = delete;
  WaitingCall& operator=(const WaitingCall&) = delete;
  ~WaitingCall();

  /// Polls readable when the call is done.
  int descriptor() const noexcept { return descriptor_; }
  bool is_done() noexcept;
  /// Leaves the session to the thread, or closes it when the command is done.
  void abandon() noexcept;

  // Once it is done:
  kevy_status status() const noexcept { return status_; }
  const std::string& message() const noexcept { return message_; }
  const kevy_reply* reply() const noexcept { return reply_.get(); }

 private:
  WaitingCall(kevy_session* session, const Words& words);
  void run() noexcept;

  kevy_session* const session_;
  std::vector<std::string> words_;
  const int descriptor_;

  std::mutex mutex_;  // guards what follows until the call is done
  bool done_ = false;
  bool abandoned_ = false;
  kevy_status status_ = KEVY_OK;
  std::string message_;
  ReplyPtr reply_;
};

}  // namespace kevy::node
