// What callers hand over, read into what the engine takes: byte strings, commands, options.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "guard.h"
#include "net/listener.h"
#include "persist/load/progress.h"

namespace kevy::capi {

/// What the caller gives as a pointer and a size: nothing where NULL has a size.
inline std::optional<Bytes> bytes_of(const char* data, size_t size) noexcept {
  if (data != nullptr) [[likely]] return Bytes(data, size);
  if (size != 0) return std::nullopt;
  static constexpr char kNone = '\0';
  return Bytes(&kNone, size);
}

/// The same where the sizes of several may be NULL.
inline std::optional<Bytes> bytes_of(const char* const* data, const size_t* sizes, size_t i) noexcept {
  if (sizes != nullptr) return bytes_of(data[i], sizes[i]);
  if (data[i] == nullptr) return std::nullopt;
  return Bytes(data[i]);
}

/// The words of a command on the stack, or on the heap when there are many. Complete unless one of
/// them, or all of `words`, is NULL.
class Words {
 public:
  Words(size_t count, const char* const* words, const size_t* sizes) {
    if (words == nullptr) return;
    Bytes* out = few_.words;
    if (count > kFew) {
      many_ = std::make_unique<Bytes[]>(count);
      out = many_.get();
    }
    size_t bits = 0;
    for (size_t i = 0; i < count; ++i) {
      const std::optional<Bytes> word = bytes_of(words, sizes, i);
      if (!word) [[unlikely]] return;
      std::construct_at(out + i, *word);
      bits |= word->size();
    }
    args_ = Args(out, count);
    size_bits_ = bits;
    complete_ = true;
  }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  bool complete() const noexcept { return complete_; }
  Args args() const noexcept { return args_; }
  /// Whether one is so long that there may be a limit to it, which is then to be looked at.
  bool any_long() const noexcept { return size_bits_ >= kLimitMin; }

 private:
  static constexpr size_t kFew = 8;
  static constexpr size_t kLimitMin = 1024 * 1024;  // of proto-max-bulk-len
  union Few {
    // Clearing them would cost more than a short command has words; = default would be deleted.
    Few() noexcept {}  // NOLINT(modernize-use-equals-default)
    Bytes words[kFew];
  };
  Few few_;
  std::unique_ptr<Bytes[]> many_;
  Args args_;
  size_t size_bits_ = 0;  // those that any of the sizes has
  bool complete_ = false;
};

/// Whether one of the words, or all of them, is NULL.
inline bool has_null(size_t count, const char* const* words, const size_t* sizes) noexcept {
  if (words == nullptr) return true;
  for (size_t i = 0; i < count; ++i) {
    if (!bytes_of(words, sizes, i)) return true;
  }
  return false;
}

/// Reads options, of which nothing but the beginning may be known here. Options of another version may
/// be shorter than `known`, but not than the first version's, or longer, and zero behind it.
template <typename Options>
kevy_status read_options(const Options* given, size_t size_of_first, Options& known) noexcept {
  if (given == nullptr) return KEVY_OK;
  if (given->size < size_of_first) {
    return fail(KEVY_INVALID, "the options' size is too small: use their ..._INIT");
  }
  const auto* const bytes = reinterpret_cast<const char*>(given);
  for (size_t i = sizeof(Options); i < given->size; ++i) {
    if (bytes[i] != 0) {
      return fail(KEVY_INVALID, "an option is set that this version of the library does not know");
    }
  }
  std::memcpy(&known, given, std::min(sizeof(Options), given->size));
  return KEVY_OK;
}

/// What kevy_listen's options ask for.
kevy_status read_listen_options(const kevy_listen_options* given, Listener::Options& options);

/// What the callback of a host is told through.
inline Progress progress_of(kevy_progress_callback callback, void* user) {
  if (callback == nullptr) return nullptr;
  return [=](uint64_t done, uint64_t total) { return callback(done, total, user) == 0; };
}

/// The commands of a pipeline as they are given: their words lie one behind another.
struct PipelineWords {
  size_t count;
  const size_t* argc;
  const char* const* argv;
  const size_t* argv_size;
  size_t total = 0;  // words

  /// Sets the total.
  kevy_status check(uint32_t flags) noexcept;
  /// Calls `visit` with the words of each command, until it returns false.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    size_t first = 0;
    for (size_t i = 0; i < count; first += argc[i++]) {
      if (!visit(argc[i], argv + first, argv_size == nullptr ? nullptr : argv_size + first)) return;
    }
  }
};

}  // namespace kevy::capi
