// Trimming, which XADD and XTRIM share: its options, and doing it.
#pragma once

#include <memory>
#include <vector>

#include "command/stream/arguments.h"

namespace kevy {

/// What happens, where entries are removed, to what is pending of them in the groups.
enum class StreamReferences : uint8_t {
  kKeep,    // KEEPREF: it stays
  kDelete,  // DELREF: it goes too
  kAcked,   // ACKED: entries that a group has not read or acknowledged are not removed
};

/// The next word as one of these, if it is.
bool read_references(Options& options, StreamReferences& references);
/// The word for it.
Bytes references_word(StreamReferences references) noexcept;

struct TrimOptions {
  StreamTrim trim;
  StreamReferences references = StreamReferences::kKeep;
  bool limit_given = false;
};

enum class OptionRead : uint8_t { kYes, kNo, kWrong };
/// MAXLEN, MINID or LIMIT with their words, if they are next; kWrong: the error is answered.
OptionRead read_trim_option(Call& call, Options& options, TrimOptions& trimming);
/// To be called when all are read: false, and the error is answered, where they do not go together.
bool complete_trim_options(Call& call, TrimOptions& trimming);

/// What a trimming is going to remove, found out before anything is changed.
class StreamTrimming {
 public:
  /// Both must outlive it, and the stream is not changed by anybody else.
  StreamTrimming(StreamObject& stream, const TrimOptions& options);

  uint64_t count() const noexcept { return count_; }
  /// Adds the words, from the options on, that have the same entries removed whatever the settings
  /// are: none where there is nothing to remove, or where erased() says it.
  void add_words(std::vector<std::string>& words) const;
  /// Where it is not the first entries that go: those that do.
  const std::vector<StreamId>& erased() const noexcept { return erased_; }
  /// Removes them. Returns what is to be freed, if it is much.
  std::unique_ptr<Object> run() noexcept;

 private:
  void choose_acknowledged();

  StreamObject& stream_;
  const TrimOptions& options_;
  StreamObject::Front front_;  // where the first entries go
  uint64_t count_ = 0;
  std::vector<StreamId> erased_;
};

/// Whether every group has read and acknowledged an entry.
bool acknowledged_by_all(const StreamObject& stream, StreamId id) noexcept;
/// Takes an entry out of what is pending of every group; whether it was in one.
bool erase_references(StreamObject& stream, StreamId id) noexcept;
/// Logs that these entries were removed, besides what else the command does.
void log_erased(Call& call, const Key& key, const std::vector<StreamId>& ids);

}  // namespace kevy
