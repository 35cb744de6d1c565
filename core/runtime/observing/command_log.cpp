#include "runtime/observing/command_log.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace kevy {

namespace {

constexpr size_t kWordsMax = 32, kBytesMax = 128;

std::string shortened(Bytes word) {
  std::string text(word.substr(0, kBytesMax));
  if (word.size() > kBytesMax) {
    text += "... (" + std::to_string(word.size() - kBytesMax) + " more bytes)";
  }
  return text;
}

}  // namespace

std::vector<std::string> CommandLog::shown(const CommandRow& row, Args args) {
  std::vector<std::string> words;
  const bool all = args.size() <= kWordsMax;
  const size_t count = all ? args.size() : kWordsMax - 1;
  words.reserve(std::min(args.size(), kWordsMax));
  for (size_t i = 0; i < count; ++i) {
    words.push_back(row.hides != nullptr && row.hides(args, i) ? std::string(kHiddenWord)
                                                               : shortened(args[i]));
  }
  if (!all) words.push_back("... (" + std::to_string(args.size() - count) + " more arguments)");
  return words;
}

void CommandLog::add(Kind kind, Entry entry, size_t max) {
  const auto made = std::make_shared<Entry>(std::move(entry));
  std::lock_guard guard(lock_);
  Log& log = logs_[static_cast<size_t>(kind)];
  made->id = log.next_id;
  log.entries.push_front(made);
  ++log.next_id;
  while (log.entries.size() > max) log.entries.pop_back();
}

std::vector<CommandLog::EntryPtr> CommandLog::newest(Kind kind, size_t count) const {
  std::lock_guard guard(lock_);
  const auto& entries = logs_[static_cast<size_t>(kind)].entries;
  const size_t given = std::min(count, entries.size());
  return {entries.begin(), entries.begin() + static_cast<ptrdiff_t>(given)};
}

size_t CommandLog::size(Kind kind) const {
  std::lock_guard guard(lock_);
  return logs_[static_cast<size_t>(kind)].entries.size();
}

void CommandLog::reset(Kind kind) noexcept {
  std::lock_guard guard(lock_);
  logs_[static_cast<size_t>(kind)].entries.clear();
}

}  // namespace kevy
