// Whose commands are those of the files that an instance reads at its start: while it does, clients
// have sockets, and whoever has none is who loads. What he does is nobody's command, and is not
// counted.
#pragma once

#include "runtime/runtime.h"
#include "runtime/session/session.h"

namespace kevy {

inline bool loads_files(const Runtime& runtime, const Session& session) noexcept {
  return runtime.loading() && !session.has_socket();
}

/// A command that is about to run on this shard; nullptr: on none alone. What who loads counts on
/// shards is dropped in the end (Instance::forget_statistics), so that of clients is not counted
/// there meanwhile.
inline void count_command(Runtime& runtime, const Session& session, Shard* shard) noexcept {
  if (runtime.loading()) [[unlikely]] {
    if (!session.has_socket()) return;
    shard = nullptr;
  }
  if (shard != nullptr) [[likely]] {
    ++shard->statistics.commands;
  } else {
    runtime.counters().keyless_commands.fetch_add(1, std::memory_order_relaxed);
  }
}

inline void count_errors(Runtime& runtime, const Session& session, size_t errors) noexcept {
  if (errors == 0 || loads_files(runtime, session)) return;
  runtime.counters().error_replies.fetch_add(errors, std::memory_order_relaxed);
}

}  // namespace kevy
