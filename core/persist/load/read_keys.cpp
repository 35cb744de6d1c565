#include "persist/load/read_keys.h"

#include <algorithm>
#include <thread>

#include "persist/load/key_batches.h"

namespace kevy {

namespace {

std::optional<LoadFailure> failure_of(const Status& status, uint64_t offset) {
  if (status) return std::nullopt;
  return LoadFailure{status.error(), offset};
}

std::optional<LoadFailure> read_alone(RdbReader& reader, KeyTarget& target,
                                      const RdbLimits& limits) {
  const Status read = read_rdb(reader, target, limits);
  const uint64_t offset = reader.offset();
  const Status finished = target.finish();  // which is about keys in front of what is wrong
  return failure_of(finished ? read : finished, offset);
}

}  // namespace

unsigned loading_threads(uint64_t file_bytes) noexcept {
  constexpr uint64_t kSmall = uint64_t{1} << 20;
  constexpr unsigned kMost = 16;
  return file_bytes < kSmall ? 1 : std::clamp(std::thread::hardware_concurrency(), 1u, kMost);
}

std::optional<LoadFailure> read_keys(Runtime& runtime, RdbReader& reader, KeyTarget& target,
                                     const RdbLimits& limits, unsigned threads) {
  constexpr uint32_t kLanesMost = 32;
  if (threads <= 1) return read_alone(reader, target, limits);
  BatchPool pool(std::min(runtime.shard_count(), kLanesMost));
  if (!pool.start(threads - 1)) return read_alone(reader, target, limits);
  KeyBatches batches(runtime, target, limits, pool);
  const Status read = read_rdb(reader, batches, limits);
  pool.drain();
  if (pool.failure()) return pool.failure();
  return failure_of(read, reader.offset());
}

}  // namespace kevy
