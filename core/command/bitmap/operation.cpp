// BITOP: strings combined bit by bit.
//
// The sources, which end in as many zeros as it takes, are combined a block at a time, so that what
// lies between two steps stays in the nearest cache. A block of the result is written when nothing
// of its sources is needed any more: it may lie in one of them.
#include <algorithm>
#include <deque>

#include "base/wide/bits.h"
#include "command/arguments.h"
#include "command/collection.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/string/value.h"

namespace kevy {

namespace {

using wide::BitOperation;

enum class Combination : uint8_t { kAnd, kOr, kXor, kNot, kDiff, kDiff1, kAndOr, kOne };

struct CombinationName {
  Bytes lower, upper;
  Combination combination;
};

constexpr CombinationName kCombinations[] = {
    {"and", "AND", Combination::kAnd},       {"or", "OR", Combination::kOr},
    {"xor", "XOR", Combination::kXor},       {"not", "NOT", Combination::kNot},
    {"diff", "DIFF", Combination::kDiff},    {"diff1", "DIFF1", Combination::kDiff1},
    {"andor", "ANDOR", Combination::kAndOr}, {"one", "ONE", Combination::kOne},
};

constexpr size_t kBlock = 4096;
using Block = char[kBlock];

class Combiner {
 public:
  /// `sources`: one at least.
  Combiner(Combination combination, std::span<const Bytes> sources) noexcept
      : combination_(combination), sources_(sources) {}

  /// Writes the result, as long as the longest source, to `out`.
  void run(char* out, size_t size) noexcept {
    for (at_ = 0; at_ < size; at_ += kBlock) {
      size_ = std::min(kBlock, size - at_);
      run_block(out + at_);
    }
  }

 private:
  void run_block(char* out) noexcept {
    switch (combination_) {
      case Combination::kAnd:
        return combine_all(BitOperation::kAnd, sources_, out);
      case Combination::kOr:
        return combine_all(BitOperation::kOr, sources_, out);
      case Combination::kXor:
        return combine_all(BitOperation::kXor, sources_, out);
      case Combination::kNot:
        return wide::invert_bits(out, piece(sources_[0]), size_);
      case Combination::kDiff:
        combine_all(BitOperation::kOr, sources_.subspan(1), rest_);
        return combine(BitOperation::kAndNot, out, piece(sources_[0]), rest_);
      case Combination::kDiff1:
        combine_all(BitOperation::kOr, sources_.subspan(1), rest_);
        return combine(BitOperation::kAndNot, out, rest_, piece(sources_[0]));
      case Combination::kAndOr:
        combine_all(BitOperation::kOr, sources_.subspan(1), rest_);
        return combine(BitOperation::kAnd, out, piece(sources_[0]), rest_);
      case Combination::kOne:
        return find_single(out);
    }
  }

  // The sum of all goes to `out` in the last step.
  void combine_all(BitOperation operation, std::span<const Bytes> sources, char* out) noexcept {
    const char* sum = piece(sources[0]);
    if (sources.size() == 1) {
      std::memmove(out, sum, size_);
      return;
    }
    if (sum == padded_) sum = static_cast<const char*>(std::memcpy(sum_, padded_, size_));
    for (size_t i = 1; i < sources.size(); ++i) {
      char* const to = i + 1 == sources.size() ? out : sum_;
      combine(operation, to, sum, piece(sources[i]));
      sum = sum_;
    }
  }

  void find_single(char* out) noexcept {
    std::memset(rest_, 0, size_);  // in one source at least
    std::memset(sum_, 0, size_);   // in several
    Block both;
    for (const Bytes source : sources_) {
      const char* const bytes = piece(source);
      combine(BitOperation::kAnd, both, rest_, bytes);
      combine(BitOperation::kOr, sum_, sum_, both);
      combine(BitOperation::kOr, rest_, rest_, bytes);
    }
    combine(BitOperation::kAndNot, out, rest_, sum_);
  }

  void combine(BitOperation operation, char* out, const char* a, const char* b) const noexcept {
    wide::combine_bits(operation, out, a, b, size_);
  }

  /// The bytes of a source for this block; they may lie in `padded_`.
  const char* piece(Bytes source) noexcept {
    if (source.size() >= at_ + size_) return source.data() + at_;
    const Bytes bytes = source.size() > at_ ? source.substr(at_) : Bytes();
    std::copy(bytes.begin(), bytes.end(), padded_);
    std::memset(padded_ + bytes.size(), 0, size_ - bytes.size());
    return padded_;
  }

  const Combination combination_;
  const std::span<const Bytes> sources_;
  size_t at_ = 0, size_ = 0;
  Block sum_, rest_, padded_;
};

/// What the arguments say; answers the error where they say nothing.
std::optional<Combination> combination_argument(Call& call) {
  for (const auto& [lower, upper, combination] : kCombinations) {
    if (!equals_ignoring_case(call.args[1], lower)) continue;
    const bool of_two = combination >= Combination::kDiff && combination <= Combination::kAndOr;
    if (combination == Combination::kNot && call.argc() != 4) {
      call.error("ERR BITOP NOT must be called with a single source key.");
    } else if (of_two && call.argc() < 5) {
      call.error("ERR BITOP " + std::string(upper) +
                 " must be called with at least two source keys.");
    } else {
      return combination;
    }
    return std::nullopt;
  }
  call.error(errors::kSyntax);
  return std::nullopt;
}

/// Where a result of `size` bytes can be written over what the key has; nullptr where it can not.
char* bytes_to_overwrite(Call& call, const Key& key, Entry* entry, size_t size) {
  if (entry == nullptr || entry->encoding() != Encoding::kShared) return nullptr;
  const SharedBytes::Block& block = *entry->shared();
  if (block.size != size || block.references.load(std::memory_order_acquire) != 1) return nullptr;
  call.keyspace(key).set_expiry(entry, key.hash, Keyspace::kNoExpiry);
  return call.keyspace(key).grow_string(key, size);
}

void store(Call& call, const Key& key, Entry* entry, Combiner& combiner, size_t size) {
  if (char* const bytes = bytes_to_overwrite(call, key, entry, size)) {
    combiner.run(bytes, size);
    return;
  }
  Value result;
  result.grown = true;  // as text even when it is an integer
  if (size > Entry::kEmbeddedMax) {
    result.encoding = Encoding::kShared;
    result.block = SharedBytes::allocate(size, size);
    combiner.run(result.block.block()->data(), size);
  } else {
    result.inside.resize(size);
    combiner.run(result.inside.data(), size);
  }
  call.keyspace(key).put(key, std::move(result), Keyspace::kNoExpiry);
}

void bitop(Call& call) {
  const auto combination = combination_argument(call);
  if (!combination) return;
  std::deque<StringText> texts;  // which stay where they are
  std::vector<Bytes> sources;
  size_t size = 0;
  for (size_t i = 3; i < call.argc(); ++i) {
    const Entry* entry = call.find_read(call.key(i));
    if (!require_string(call, entry)) return;
    sources.push_back(texts.emplace_back(entry).bytes());
    size = std::max(size, sources.back().size());
  }
  const Key key = call.key(2);
  Entry* const entry = find_to_replace(call, key);
  if (size != 0) {
    Combiner combiner(*combination, sources);
    store(call, key, entry, combiner, size);
    if (entry == nullptr) call.made(key);
    call.changed(key, kEventString, "set");
  } else if (entry != nullptr) {
    call.keyspace(key).erase(key);
    call.changed(key, kEventGeneric, "del");
  }
  call.reply.integer(static_cast<int64_t>(size));
}

constexpr KeySpec kDestinationAndSources[] = {{2, 2, 1, kKeyOW | kKeyUpdate},
                                              {3, -1, 1, kKeyRO | kKeyAccess}};

constexpr CommandRow kRows[] = {
    {.name = "bitop",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .categories = kAclBitmap,
     .keys = kDestinationAndSources,
     .group = "bitmap",
     .since = "2.6.0",
     .complexity = "O(N) in the bytes of all sources",
     .summary = "Combines strings bit by bit and stores the result.",
     .syntax = "<AND|OR|XOR|NOT|DIFF|DIFF1|ANDOR|ONE> destkey:key key [key ...]",
     .handler = bitop},
};

}  // namespace

CommandFamily bit_operation_commands() { return kRows; }

}  // namespace kevy
