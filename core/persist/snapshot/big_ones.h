// BigOnes: the big collections that a step of a MomentView has found, to be walked one after the other
// in steps of their own. A collection is let go of when the next one's turn comes.
//
// Used by the view's thread, which holds no shard.
#pragma once

#include <atomic>
#include <vector>

#include "runtime/runtime.h"
#include "store/view/keyspace_view.h"

namespace kevy {

class BigOnes {
 public:
  /// `found` lies in the shard. `kept_bytes` counts what was copied since it was about to change.
  BigOnes(Runtime& runtime, Shard& shard, std::vector<BigImage> found,
          std::atomic<uint64_t>& kept_bytes) noexcept
      : runtime_(runtime), shard_(shard), found_(std::move(found)), kept_bytes_(kept_bytes) {}
  ~BigOnes() {
    while (next()) {
    }
  }
  BigOnes(const BigOnes&) = delete;
  BigOnes& operator=(const BigOnes&) = delete;

  bool empty() const noexcept { return found_.empty(); }
  /// Goes on to the next one, at first to the first. False: there is none.
  bool next() noexcept;
  /// Of that one: its entry with no object but what is not walked, and how many elements there are.
  const Entry& entry() const noexcept;
  uint64_t size() const noexcept { return found_[at_ - 1].value->size(); }
  enum class Step : uint8_t { kMore, kDone, kNoMemory };
  /// Adds its next elements, of some `buckets` as far as that fits into a step. Takes the shard.
  Step step(ElementImages& images, size_t buckets) noexcept;

 private:
  Runtime& runtime_;
  Shard& shard_;
  std::vector<BigImage> found_;
  size_t at_ = 0;  // behind the one that is walked
  std::atomic<uint64_t>& kept_bytes_;
};

}  // namespace kevy
