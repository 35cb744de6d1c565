// What a snapshot holds of a runtime, and putting it back. Who holds all shards writes what there is,
// and who holds none what a view shows.
//
// Throws std::bad_alloc.
#pragma once

#include <vector>

#include "base/result.h"
#include "persist/rdb/file_reader.h"
#include "persist/rdb/file_writer.h"
#include "persist/snapshot/moment_view.h"
#include "runtime/persistence/snapshots.h"
#include "runtime/runtime.h"

namespace kevy {

/// What a file is for.
enum class RdbPurpose : uint8_t { kSnapshot, kAppendOnlyBase };

/// Writes a whole file, with these libraries of functions. False when the sink took no more.
bool write_all_keys(Runtime& runtime, RdbPurpose purpose, const std::vector<std::string>& codes,
                    RdbFileWriter& writer);
/// The same of the moment that the view is open of, with what was the code of libraries then, until
/// `stopped`. False also when memory ran out for the view.
bool write_moment(Runtime& runtime, RdbPurpose purpose, MomentView& view,
                  const std::vector<std::string>& codes, RdbFileWriter& writer,
                  const std::atomic<bool>& stopped);
/// What an entry that is made of the key at this moment remembers of its use.
uint32_t access_of(const Settings& settings, const RdbKey& key, int64_t now_s) noexcept;

/// Takes what a file has into the keyspaces.
class KeyTaker final : public RdbVisitor {
 public:
  /// `load_library`: false, and the code is no library.
  using LoadLibrary = std::function<bool(Bytes code)>;
  KeyTaker(Runtime& runtime, bool replace, LoadLibrary load_library)
      : runtime_(runtime), replace_(replace), load_library_(std::move(load_library)) {}

  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes code) override;
  /// To be called at the end, whatever it is.
  void finish() noexcept;

  uint64_t taken() const noexcept { return taken_; }
  uint64_t expired() const noexcept { return expired_; }

 private:
  Runtime& runtime_;
  const bool replace_;
  const LoadLibrary load_library_;
  uint64_t taken_ = 0, expired_ = 0;
  bool any_expire_ = false;
};

/// Takes nothing: for finding out whether a file is right. Holds no lock.
class KeyChecker final : public RdbVisitor {
 public:
  explicit KeyChecker(uint64_t databases) noexcept : databases_(databases) {}
  Status key(const RdbKey& key, Value&& value) override;
  Status function(Bytes) override { return Done{}; }

 private:
  const uint64_t databases_;
};

}  // namespace kevy
