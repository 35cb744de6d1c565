#include "runtime/waiting/waiter.h"

#include <utility>

#include "runtime/session/session.h"

namespace kevy {

Waiter::Waiter(std::shared_ptr<Session> session_that_waits, const CommandRow& command, Args words,
               int in_database)
    : session(std::move(session_that_waits)),
      row(command),
      database(in_database),
      texts_(words.begin(), words.end()),
      words_(texts_.begin(), texts_.end()) {}

bool Waiter::claim() noexcept {
  State waiting = State::kWaiting;
  return state_.compare_exchange_strong(waiting, State::kServing);
}

// Either this sees why, or end() sees that it waits again.
bool Waiter::give_back() noexcept {
  state_.store(State::kWaiting);
  return why_.load() == WaitEnd::kNot || !try_end();
}

bool Waiter::end(WaitEnd why, bool must) noexcept {
  if (!must) {
    if (!claim()) return false;
    WaitEnd none = WaitEnd::kNot;
    why_.compare_exchange_strong(none, why);
    state_.store(State::kEnded);
    return true;
  }
  WaitEnd none = WaitEnd::kNot;
  why_.compare_exchange_strong(none, why);
  return try_end();
}

bool Waiter::try_end() noexcept {
  State waiting = State::kWaiting;
  return state_.compare_exchange_strong(waiting, State::kEnded);
}

}  // namespace kevy
