// maxmemory-clients: how much memory the clients of an instance hold together, and which of them
// are closed when it is too much.
#include <algorithm>

#include "runtime/runtime.h"

namespace kevy {

void Runtime::note_memory(Session& session, size_t total) {
  const size_t before = session.memory.total.load(std::memory_order_relaxed);
  if (total == before) return;
  session.memory.total.store(total, std::memory_order_relaxed);
  const size_t change = total - before;  // modulo 2^64
  const size_t all = clients_memory_.fetch_add(change, std::memory_order_relaxed) + change;
  const int64_t limit = settings_.clients_memory_max.load(std::memory_order_relaxed);
  if (limit > 0 && total > before && all > static_cast<size_t>(limit)) [[unlikely]] evict_clients();
}

void Runtime::evict_clients() {
  const int64_t limit = settings_.clients_memory_max.load(std::memory_order_relaxed);
  if (limit <= 0) return;
  try {
    evict_clients(static_cast<size_t>(limit));
  } catch (const std::bad_alloc&) {
    // The next client that grows tries again.
  }
}

// The largest first. In-process sessions are the host's own, and those under CLIENT NO-EVICT stay. What
// each holds is read once: it may change at any moment.
void Runtime::evict_clients(size_t limit) {
  using Holder = std::pair<size_t, std::shared_ptr<Session>>;
  std::vector<Holder> holders;
  size_t left = 0;
  for (std::shared_ptr<Session>& session : sessions()) {
    if (session->ended()) continue;
    const size_t held = session->memory.total.load(std::memory_order_relaxed);
    left += held;
    if (session->door == Session::Door::kInProcess || session->no_evict) continue;
    holders.emplace_back(held, std::move(session));
  }
  std::sort(holders.begin(), holders.end(),
            [](const Holder& a, const Holder& b) { return a.first > b.first; });
  for (const auto& [held, session] : holders) {
    if (left <= limit) break;
    left -= std::min(left, held);
    counters_.evicted_clients.fetch_add(1, std::memory_order_relaxed);
    kill(*session);
  }
}

}  // namespace kevy
