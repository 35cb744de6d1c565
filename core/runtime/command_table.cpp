#include "runtime/command_table.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace kevy {

CommandTable::CommandTable(std::span<const std::span<const CommandRow>> families) {
  for (const auto& family : families) {
    for (const CommandRow& row : family) rows_.push_back(&row);
  }
  slots_.resize(std::bit_ceil(rows_.size() * 4));
  for (const CommandRow* row : rows_) {
    KEVY_CHECK(row->name.size() <= kNameMax && find(row->name) == nullptr);
    const uint64_t h = hash(row->name);
    size_t i = h & (slots_.size() - 1);
    while (slots_[i].row != nullptr) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {h, row};
  }
}

// Folds the case by setting bit 5 of every byte, which also maps other bytes together; equality
// is checked on the name afterwards.
uint64_t CommandTable::hash(Bytes verb) noexcept {
  constexpr uint64_t kCaseBits = 0x2020202020202020, kMultiplier = 0x9e3779b97f4a7c15;
  uint64_t h = verb.size();
  const char* data = verb.data();
  size_t left = verb.size();
  while (left >= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    h = (h ^ (word | kCaseBits)) * kMultiplier;
    h ^= h >> 32;
    data += 8;
    left -= 8;
  }
  uint64_t tail = 0;
  for (size_t i = 0; i < left; ++i) {
    tail = tail << 8 | static_cast<unsigned char>(data[i] | 0x20);
  }
  h = (h ^ tail) * kMultiplier;
  return h ^ (h >> 32);
}

const CommandRow* CommandTable::find(Bytes verb) const noexcept {
  if (verb.size() > kNameMax) return nullptr;
  const uint64_t h = hash(verb);
  for (size_t i = h & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.row == nullptr) return nullptr;
    if (slot.hash == h && equals_ignoring_case(verb, slot.row->name)) return slot.row;
  }
}

const CommandRow* CommandTable::find(Args args) const noexcept {
  const CommandRow* row = find(args[0]);
  if (row == nullptr || row->subcommands.empty() || args.size() < 2) return row;
  for (const CommandRow& sub : row->subcommands) {
    if (equals_ignoring_case(args[1], sub.name)) return &sub;
  }
  return row;
}

const CommandRow* CommandTable::parent(const CommandRow& row) const noexcept {
  for (const CommandRow* verb : rows_) {
    const auto& subs = verb->subcommands;
    if (!subs.empty() && &row >= subs.data() && &row < subs.data() + subs.size()) return verb;
  }
  return nullptr;
}

}  // namespace kevy
