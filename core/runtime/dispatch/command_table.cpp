#include "runtime/dispatch/command_table.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"

namespace kevy {

CommandTable::CommandTable(std::span<const std::span<const CommandRow>> families) {
  for (const auto& family : families) {
    for (const CommandRow& row : family) rows_.push_back(&row);
  }
  short_.resize(std::bit_ceil(rows_.size() * 4));
  for (const CommandRow* row : rows_) {
    const Bytes name = row->name;
    KEVY_CHECK(find(name) == nullptr);
    const bool only_letters =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (name.size() > kShortMax || !only_letters) {
      long_.emplace(name, row);
      continue;
    }
    const uint64_t word = load_short(name.data(), name.size()) | kLowerCase;
    size_t i = slot_of(word);
    while (short_[i].row != nullptr) i = (i + 1) & (short_.size() - 1);
    short_[i] = {word, row};
  }
}

const CommandRow* CommandTable::find_long(Bytes verb) const noexcept {
  constexpr size_t kLongMax = 24;  // what is longer is no verb
  if (verb.size() > kLongMax) return nullptr;
  std::array<char, kLongMax> lower;
  for (size_t i = 0; i < verb.size(); ++i) lower[i] = ascii_lower(verb[i]);
  const auto found = long_.find(Bytes(lower.data(), verb.size()));
  return found == long_.end() ? nullptr : found->second;
}

const CommandRow* CommandTable::find_subcommand(const CommandRow& row, Bytes word) noexcept {
  for (const CommandRow& sub : row.subcommands) {
    if (equals_ignoring_case(word, sub.name)) return &sub;
  }
  return &row;
}

const CommandRow* CommandTable::parent(const CommandRow& row) const noexcept {
  for (const CommandRow* verb : rows_) {
    const auto& subs = verb->subcommands;
    if (!subs.empty() && &row >= subs.data() && &row < subs.data() + subs.size()) return verb;
  }
  return nullptr;
}

}  // namespace kevy
