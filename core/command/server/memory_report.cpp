#include "command/server/memory_report.h"

#include <map>
#include <string>

namespace kevy {

namespace {

struct Sizes {
  size_t keys = 0;
  size_t data = 0;                     // of keyspaces and what is tracked
  size_t tables = 0;                   // of it, what is not entries or values
  std::map<size_t, size_t> databases;  // of those that have keys: their bytes
};

Sizes measure(Runtime& runtime) {
  Sizes sizes;
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    Shard& shard = runtime.shard(i);
    sizes.tables += shard.tracked.memory_bytes();
    shard.databases.for_each([&](size_t database, const Keyspace& keyspace) {
      sizes.data += keyspace.memory_bytes();
      if (keyspace.size() == 0) return;
      sizes.keys += keyspace.size();
      sizes.databases[database] += keyspace.memory_bytes();
    });
  }
  return sizes;
}

void pair(Reply& reply, Bytes name, size_t value) {
  reply.bulk(name);
  reply.integer(static_cast<int64_t>(value));
}

void pair(Reply& reply, Bytes name, double value) {
  reply.bulk(name);
  reply.real(value);
}

double percent(size_t part, size_t all) {
  return all == 0 ? 0 : static_cast<double>(part) * 100.0 / static_cast<double>(all);
}

}  // namespace

// There is no report of a fault to make: what an allocator keeps is the host's matter.
void memory_doctor(Call& call) {
  call.reply.verbatim("txt",
                      "No memory issue was found in this instance. INFO memory and MEMORY "
                      "STATS tell what it holds.\n");
}

void memory_malloc_stats(Call& call) {
  call.reply.bulk("Stats not supported for the current allocator");
}

void memory_purge(Call& call) {
  call.runtime.spans().trim();
  call.reply.ok();
}

// The allocator is the host's, so that what is allocated is all there is to say of it.
void memory_stats(Call& call) {
  Runtime& runtime = call.runtime;
  const Sizes sizes = measure(runtime);
  const ScriptStatus& scripts = runtime.script_status();
  const size_t freed_later = runtime.lazy_free().waiting_bytes();
  const size_t overhead = sizes.tables + runtime.clients_memory() + freed_later;
  const size_t total = sizes.data + overhead;
  Reply& reply = call.reply;
  reply.map(21 + sizes.databases.size());
  pair(reply, "peak.allocated", total);
  pair(reply, "total.allocated", total);
  pair(reply, "startup.allocated", size_t{0});
  pair(reply, "replication.backlog", size_t{0});
  pair(reply, "clients.slaves", size_t{0});
  pair(reply, "clients.normal", runtime.clients_memory());
  pair(reply, "cluster.links", size_t{0});
  pair(reply, "aof.buffer", size_t{0});
  pair(reply, "lua.caches", static_cast<size_t>(scripts.cached_bytes));
  pair(reply, "functions.caches", static_cast<size_t>(scripts.function_bytes));
  for (const auto& [database, bytes] : sizes.databases) {
    reply.bulk("db." + std::to_string(database));
    reply.map(1);
    pair(reply, "overhead.hashtable.main", size_t{0});
  }
  pair(reply, "overhead.total", overhead);
  pair(reply, "keys.count", sizes.keys);
  pair(reply, "keys.bytes-per-key", sizes.keys == 0 ? 0 : sizes.data / sizes.keys);
  pair(reply, "dataset.bytes", sizes.data);
  pair(reply, "dataset.percentage", percent(sizes.data, total));
  pair(reply, "peak.percentage", percent(total, total));
  pair(reply, "allocator.allocated", total);
  pair(reply, "allocator.active", total);
  pair(reply, "allocator.resident", total);
  pair(reply, "fragmentation", 1.0);
  pair(reply, "fragmentation.bytes", size_t{0});
}

}  // namespace kevy
