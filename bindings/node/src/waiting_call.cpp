#include "waiting_call.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "thread.h"

namespace kevy::node {

WaitingCall::WaitingCall(kevy_session* session, const Words& words)
    : session_(session), descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  for (size_t i = 0; i < words.count(); ++i) {
    words_.emplace_back(words.data()[i], words.sizes()[i]);
  }
}

WaitingCall::~WaitingCall() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::shared_ptr<WaitingCall> WaitingCall::start(kevy_session* session, const Words& words) {
  std::shared_ptr<WaitingCall> call(new WaitingCall(session, words));
  if (call->descriptor_ < 0) return nullptr;
  try {
    start_thread([call] { call->run(); }).detach();
  } catch (const std::system_error&) {
    return nullptr;
  }
  return call;
}

void WaitingCall::run() noexcept {
  std::vector<const char*> argv;
  std::vector<size_t> sizes;
  for (const std::string& word : words_) {
    argv.push_back(word.data());
    sizes.push_back(word.size());
  }
  kevy_reply* reply = nullptr;
  const kevy_status status =
      kevy_session_exec(session_, argv.size(), argv.data(), sizes.data(), &reply);

  const std::lock_guard guard(mutex_);
  status_ = status;
  if (status != KEVY_OK) message_ = kevy_last_error();
  reply_.reset(reply);
  done_ = true;
  if (abandoned_) {
    kevy_session_close(session_);
    return;
  }
  const uint64_t one = 1;
  (void)!write(descriptor_, &one, sizeof one);
}

bool WaitingCall::is_done() noexcept {
  const std::lock_guard guard(mutex_);
  return done_;
}

void WaitingCall::abandon() noexcept {
  const std::lock_guard guard(mutex_);
  abandoned_ = true;
  if (done_) kevy_session_close(session_);
}

}  // namespace kevy::node
