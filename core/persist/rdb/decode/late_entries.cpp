#include "persist/rdb/decode/late_entries.h"

#include <algorithm>

namespace kevy {

LateEntries::Words LateEntries::keep(const Elements& words) {
  const Words kept{words_.size(), words.size()};
  for (size_t i = 0; i < words.size(); ++i) words_.add(words[i]);
  return kept;
}

void LateEntries::add(StreamId id, size_t piece, StreamId first, const Elements* names,
                      const Elements& fields) {
  if (names != nullptr && piece != piece_of_names_) {
    names_ = keep(*names);
    piece_of_names_ = piece;
  }
  entries_.push_back({id, piece, first <= id, names != nullptr, names_, keep(fields)});
}

std::unique_ptr<StreamObject> LateEntries::merge_with(const StreamObject& early) {
  constexpr uint64_t kTimes = 64, kAlways = uint64_t{1} << 20;
  allowance_ = kTimes * (words_.bytes() + early.memory_bytes()) + kAlways;
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.id < b.id; });
  auto all = std::make_unique<StreamObject>();
  StreamCursor before(early, {}, StreamId::max(), StreamCursor::Way::kUp);
  for (auto at = entries_.begin(); at != entries_.end();) {
    for (; before && before.entry().id < at->id; before.next()) {
      if (!append(*all, before.entry())) return nullptr;
    }
    const bool is_early = before && before.entry().id == at->id;
    const Entry* found = is_early ? nullptr : &*at;
    for (const StreamId id = at->id; at != entries_.end() && at->id == id; ++at) {
      const bool other_piece = found == nullptr || found->piece != at->piece;
      if (at->is_found && other_piece) found = &*at;
    }
    if (found == nullptr ? !append(*all, before.entry()) : !append(*all, *found)) return nullptr;
    if (is_early) before.next();
  }
  for (; before; before.next()) {
    if (!append(*all, before.entry())) return nullptr;
  }
  return all;
}

bool LateEntries::append(StreamObject& to, const Entry& entry) {
  line_.clear();
  for (size_t i = 0; i < entry.fields.count; ++i) {
    if (entry.has_names) line_.push_back(words_[entry.names.begin + i]);
    line_.push_back(words_[entry.fields.begin + i]);
  }
  return append(to, entry.id);
}

bool LateEntries::append(StreamObject& to, const StreamEntry& entry) {
  copied_.clear();
  entry.for_each_field([&](Bytes name, Bytes value) {
    copied_.add(name);
    copied_.add(value);
  });
  line_.clear();
  for (size_t i = 0; i < copied_.size(); ++i) line_.push_back(copied_[i]);
  return append(to, entry.id);
}

bool LateEntries::append(StreamObject& to, StreamId id) {
  size_t bytes = 0;
  for (const Bytes word : line_) bytes += word.size();
  if (bytes > allowance_) return false;
  allowance_ -= bytes;
  to.append(id, line_, bytes, {});
  return true;
}

}  // namespace kevy
