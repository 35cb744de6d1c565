// MEMORY's subcommands about the instance as a whole.
#pragma once

#include "runtime/dispatch/call.h"

namespace kevy {

void memory_doctor(Call& call);
void memory_malloc_stats(Call& call);
void memory_purge(Call& call);
/// Needs all shards.
void memory_stats(Call& call);

}  // namespace kevy
